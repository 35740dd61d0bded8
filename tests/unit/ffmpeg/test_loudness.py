"""What ffmpeg's meter says."""

from __future__ import annotations

import pytest

from suture.ffmpeg.loudness import METER, SILENT, Loudness, parse_loudness, parse_rate

# Of 9.0.2; 5.1.9 differs in spaces only.
SAID = """[info] Output #0, null, to 'file:-':
[info]   Metadata:
[info]     encoder         : Lavf63.1.102
[info]   Stream #0:0: Audio: pcm_s16le, 44100 Hz, 5.1(side), s16, 4608 kb/s
[aac @ 0x1] [error] something was broken
[Parsed_ebur128_0 @ 0x7f3a] [info] Summary:

  Integrated loudness:
    I:          -1.0 LUFS
    Threshold: -11.0 LUFS

  Loudness range:
    LRA:         1.0 LU
    Threshold: -21.0 LUFS

  True peak:
    Peak:        0.1 dBFS
[ebur128@suture @ 0x7f3a04001c00] [info] Summary:

  Integrated loudness:
    I:         -30.4 LUFS
    Threshold: -40.4 LUFS

  Loudness range:
    LRA:        20.1 LU
    Threshold: -50.3 LUFS
    LRA low:   -50.4 LUFS
    LRA high:  -30.2 LUFS

  True peak:
    Peak:      -18.1 dBFS
[out#0/null @ 0x55bd7d05ff80] [info] video:0KiB audio:1688KiB
"""


def test_our_own_meter_is_read_and_not_one_of_the_users() -> None:
    """A user's chain may hold an ebur128, whose summary comes first or last."""
    assert parse_loudness(SAID) == Loudness(-30.4, 20.1, -18.1)
    assert METER.startswith("ebur128@suture=")


def test_silence_is_no_loudness() -> None:
    """Its peak is no number, and its loudness is that of the gate."""
    heard = parse_loudness(SAID.replace("-30.4", "-70.0").replace("-18.1", "-inf"))
    assert heard == Loudness(SILENT, 20.1, float("-inf"))
    assert not heard.is_known
    assert Loudness(-69.9, 0.0, -60.0).is_known


@pytest.mark.parametrize("text", ["", "[info] Summary:\n I: -3 LUFS", SAID.partition("[ebur128@suture")[0]])
def test_who_says_nothing_is_not_understood(text: str) -> None:
    """No figures are better than those of somebody else."""
    assert parse_loudness(text) is None


def test_the_rate_is_that_of_the_output() -> None:
    """Not that of the input, which the same log tells before."""
    assert parse_rate("[info]   Stream #0:0: Audio: flac, 96000 Hz, stereo\n" + SAID) == 44_100
    assert parse_rate(SAID.partition("\n")[2]) is None
