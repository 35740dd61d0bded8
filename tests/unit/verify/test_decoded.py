"""What the decoder says of the output alone is a finding; what it says of both, or of our own muxers, is none."""

from __future__ import annotations

import numpy as np
import pytest

from suture.command.decoding import Listing
from suture.errors import CommandFailed
from suture.verify.decoded import Decoded, complaints, complaints_in, undecodable

DAMAGE = "[h264 @ 0x55d] [error] error while decoding MB 10 20, bytestream -5"


def decoded(*said: str, failure: CommandFailed | None = None) -> Decoded:
    """A side of which the decoder said this."""
    return Decoded(np.empty(0, np.uint8), Listing.empty(), said, failure)


def test_damage_is_told_with_its_first_line() -> None:
    """The first line is quoted, the others are counted."""
    (found,) = complaints(decoded(), decoded("[h264] [error] bad", "[h264] [error] worse"), "video 0")

    assert (found.kind, found.weight) == ("decode-error", "difference")
    assert found.text.endswith("[h264] [error] bad (and 1 more such lines)")


def test_what_the_source_has_too_is_no_finding() -> None:
    """The same complaint about the source, at another place, excuses it."""
    said = decoded("[h264] [error] error while decoding MB 3 4"), decoded("[h264] [error] error while decoding MB 9 9")

    assert not list(complaints(*said, "video 0"))


def test_lines_that_count() -> None:
    """Errors of the decoder count, warnings and our own muxers do not; addresses in memory are left out."""
    log = f"""$ ffmpeg -loglevel level+warning -i film.mkv
{DAMAGE}
[h264 @ 0x55d] [warning] Increasing reorder buffer to 2
[framecrc @ 0x1] [error] Application provided invalid, non monotonically increasing dts to muxer
[vist#0:0/h264 @ 0x7] [warning] corrupt decoded frame
"""

    assert list(complaints_in(log)) == [
        "[h264] [error] error while decoding MB 10 20, bytestream -5",
        "[vist#0:0/h264] [warning] corrupt decoded frame",
    ]


@pytest.mark.parametrize(("exit_code", "weight"), [(1, "difference"), (5, "unjudged")])
def test_output_that_does_not_decode(exit_code: int, weight: str) -> None:
    """It is a difference, unless this ffmpeg has no decoder for it."""
    failure = CommandFailed("nothing came out")
    failure.exit_code = exit_code

    (found,) = undecodable(decoded(), decoded(failure=failure), "video 0")

    assert (found.kind, found.weight) == ("undecodable", weight)


def test_source_that_does_not_decode() -> None:
    """Nothing can be judged then."""
    (found,) = undecodable(decoded(failure=CommandFailed("no")), decoded(), "video 0")

    assert (found.kind, found.weight) == ("undecodable-source", "unjudged")
