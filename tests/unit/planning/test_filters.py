"""What a user's filters mean for cutting, read from their names."""

from __future__ import annotations

import pytest

from suture.planning.filters import (
    are_near_sighted,
    can_be_counted,
    changes_frames,
    filter_names,
    moves_times,
    remembers,
)


@pytest.mark.parametrize(
    ("chain", "names"),
    [
        ("", []),
        ("scale=1280:-2", ["scale"]),
        ("crop=10:10:0:0, scale=2:2 ,hflip", ["crop", "scale", "hflip"]),
        ("[0:v]split[a][b];[b]hflip[c];[a][c]hstack", ["split", "hflip", "hstack"]),
        ("drawtext=text='a,fps=1;b':x=1,negate", ["drawtext", "negate"]),
        (r"drawtext=text=a\,fps\;b,negate", ["drawtext", "negate"]),
        ("scale@first=2:2,fps@x=5", ["scale", "fps"]),
    ],
)
def test_names_in_order(chain: str, names: list[str]) -> None:
    """Quotes, backslashes and labels hide what is no name."""
    assert filter_names(chain) == names


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        ("fps=10", "fps"),
        ("scale=2:2,trim=start=1", "trim"),
        ("yadif", ""),
        ("yadif=1", "yadif"),
        ("yadif=mode=send_field", "yadif"),
        ("yadif=mode=send_frame", ""),
        ("yadif=0:-1:1", ""),
        ("crop=2:2,yadif=1", "yadif"),
        ("bwdif", "bwdif"),
        ("bwdif=0", ""),
        ("bwdif=mode=send_frame", ""),
        ("bwdif=parity=tff", "bwdif"),
        ("bwdif_vulkan", ""),
        ("bwdif_vulkan=send_field", "bwdif_vulkan"),
        ("estdif", "estdif"),
        ("estdif=frame", ""),
        ("w3fdif=simple", "w3fdif"),
        ("w3fdif=mode=frame", ""),
        ("nnedi=weights=w.bin", ""),
        ("nnedi=weights=w.bin:field=af", "nnedi"),
        ("scale=fps:1", ""),
        ("setpts=2*PTS", "setpts"),
        ("drawtext=text='fps=3'", ""),
        ("eq=gamma=1", ""),
    ],
)
def test_filters_that_change_which_frames_there_are(chain: str, found: str) -> None:
    """Each by name; a deinterlacer when it doubles the rate."""
    assert changes_frames(chain) == found


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        ("hqdn3d", "hqdn3d"),
        ("scale=2:2,yadif", "yadif"),
        ("unsharp", ""),
        ("scale=1280:-2,eq=gamma=1.2", ""),
        ("crop=iw-10:ih-10:5:5", ""),
        ("fade=in:0:30", "fade"),
        ("fade=t=in:st=1:d=2", ""),
        ("drawtext=text='%{n}'", "drawtext"),
        ("drawtext=text=Hello:x=10", ""),
        ("drawtext=text=A:x=n", "drawtext"),
        ("hue=h=n*9", "hue"),
        ("geq=lum='N'", "geq"),
        ("rotate=n/10", "rotate"),
        ("crop=100:100:n:0", "crop"),
        ("negate=enable='lt(n,5)'", "negate"),
        ("scroll=horizontal=0.1", "scroll"),
        ("unheard_of", "unheard_of"),
        ("tmix=frames=3", "tmix"),
        ("lut3d=a.cube", ""),
    ],
)
def test_filters_that_remember(chain: str, found: str) -> None:
    """Their pictures would be others where a piece begins."""
    assert remembers(chain) == found


@pytest.mark.parametrize(
    ("chain", "near"),
    [
        ("", True),
        ("yadif=1,scale=2:2", True),
        ("fps=30", True),
        ("hqdn3d", False),
        ("yadif,hqdn3d", False),
        ("select=not(mod(n\\,3))", False),
        ("tmix=frames=3:enable='between(n,5,9)'", False),
        ("drawtext=text=%{n}", False),
    ],
)
def test_near_sighted_chains_see_a_few_frames(chain: str, near: bool) -> None:  # noqa: FBT001 - parametrized
    """What counts frames, or remembers for ever, is not among them."""
    assert are_near_sighted(chain) is near


def test_what_is_very_slow_is_not_run_to_count() -> None:
    """Motion interpolation takes longer than any encoder."""
    assert can_be_counted("fps=30,yadif")
    assert not can_be_counted("fps=30,minterpolate=fps=60")


def test_filters_that_move_frames_are_known() -> None:
    """A range is told on the film's clock, which they leave."""
    assert moves_times("scale=2:2,setpts=PTS/2") == "setpts"
    assert not moves_times("fps=30,yadif,select=1,decimate")
