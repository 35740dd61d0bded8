"""What still holds behind filters: by their names, and in doubt nothing."""

from __future__ import annotations

import pytest

from suture.planning.behind import (
    caption_dropper,
    colour_changer,
    field_mixer,
    is_about_fields,
    keeps_labels,
    keeps_range,
    picture_mover,
)


@pytest.mark.parametrize(
    ("chain", "changer"),
    [
        ("", ""),
        ("hflip,crop=2:2,scale=2:2,pad=4:4,unsharp,bwdif,format=yuv420p10le", ""),
        ("crop=2:2,lut3d=a.cube,tonemap", "lut3d"),
        ("eq=contrast=1.1", "eq"),
        ("scale=2:2:out_primaries=bt709", "scale"),
        ("filter_of_tomorrow", "filter_of_tomorrow"),
    ],
)
def test_who_changes_colours(chain: str, changer: str) -> None:
    """The first that may; size, noise and fields are no colours."""
    assert colour_changer(chain) == changer


@pytest.mark.parametrize(
    ("chain", "mixer", "about"),
    [
        ("", "", False),
        ("eq=contrast=1,hflip", "", False),
        ("vflip", "vflip", False),
        ("scale=2:2", "scale", False),
        ("scale=2:2:interl=1", "", False),
        ("crop=2:2,yadif", "", True),
        ("setfield=prog", "", True),
    ],
)
def test_who_mixes_fields(chain: str, mixer: str, about: bool) -> None:  # noqa: FBT001 - a parameter
    """Lines that are moved or scaled; whoever asks for a deinterlacer knows."""
    assert (field_mixer(chain), is_about_fields(chain)) == (mixer, about)


@pytest.mark.parametrize(
    ("chain", "mover", "dropper"),
    [
        ("", "", ""),
        ("scale=2:2,eq,crop=2:2", "", ""),
        ("crop=2:2,transpose", "transpose", ""),
        ("fps=10", "fps", "fps"),
        ("bwdif=1", "", "bwdif"),
        ("stereo3d=sbsl:ml", "stereo3d", "stereo3d"),
    ],
)
def test_who_moves_pictures_and_who_drops_them(chain: str, mover: str, dropper: str) -> None:
    """Turned, or made anew; of one that is not known both is said."""
    assert (picture_mover(chain), caption_dropper(chain)) == (mover, dropper)


@pytest.mark.parametrize(
    ("chain", "ranged", "labelled"),
    [
        ("hflip", True, True),
        ("scale=2:2", True, True),
        ("scale=2:2:out_range=tv", False, False),
        ("scale=2:2:out_color_matrix=bt709", True, False),
        ("format=gbrp", False, False),
        ("setparams=color_trc=bt709", False, False),
    ],
)
def test_what_keeps_its_name(chain: str, ranged: bool, labelled: bool) -> None:  # noqa: FBT001 - parameters
    """Range alone, or all of colour; a format may have another matrix and another range."""
    assert (keeps_range(chain), keeps_labels(chain)) == (ranged, labelled)
