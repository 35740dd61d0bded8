"""What each encoder needs so that its pieces join, and how that meets what the user wants."""

from __future__ import annotations

import pytest

from suture.encoder.pieces import piece_options, rules_of


@pytest.mark.parametrize(
    ("codec", "asked", "threads", "options", "left"),
    [
        ("libx264", (), 1, {"x264-params": "stitchable=1"}, 1),
        ("libx264", (), None, {"x264-params": "stitchable=1"}, None),
        ("libx264", (("x264-params", "ref=5:no-mbtree"),), 1, {"x264-params": "stitchable=1:ref=5:no-mbtree"}, 1),
        ("libx264", (("x264-params", "stitchable=0"),), 1, {"x264-params": "stitchable=0"}, 1),
        ("libx264", (("tune", "film"),), 2, {"tune": "film", "x264-params": "stitchable=1"}, 2),
        (
            "libx265",
            (),
            1,
            {"x265-params": "info=0:open-gop=0:log-level=error:pools=1:frame-threads=1"},
            None,
        ),
        ("libx265", (), 4, {"x265-params": "info=0:open-gop=0:log-level=error:pools=4"}, None),
        ("libx265", (), None, {"x265-params": "info=0:open-gop=0:log-level=error"}, None),
        (
            "libx265",
            (("x265-params", "pools=8:open-gop=1"),),
            2,
            {"x265-params": "info=0:open-gop=1:log-level=error:pools=8"},
            None,
        ),
        ("libsvtav1", (), 1, {"svtav1-params": "lp=1"}, None),
        ("libsvtav1", (), None, {}, None),
        ("libsvtav1", (("svtav1-params", "film-grain=8"),), 2, {"svtav1-params": "lp=2:film-grain=8"}, None),
        ("libvpx-vp9", (), 2, {"row-mt": "1"}, 2),
        ("libvpx-vp9", (("row-mt", "0"),), 2, {"row-mt": "0"}, 2),
        ("ffv1", (("level", "3"),), 1, {"level": "3"}, 1),
        ("no_such_encoder", (), 3, {}, 3),
    ],
)
def test_options_of_a_piece(
    codec: str,
    asked: tuple[tuple[str, str], ...],
    threads: int | None,
    options: dict[str, str],
    left: int | None,
) -> None:
    """The encoder's own list gets what joins need, then the user's words, which win; threads go where they count."""
    found, for_threads = piece_options(codec, asked, threads)
    assert (dict(found), for_threads) == (options, left)
    assert len(found) == len(dict(found)), "an option twice"


def test_an_unknown_encoder_has_no_rules() -> None:
    """Its joins are checked like all others."""
    assert rules_of("no_such_encoder").listed == {}
    assert rules_of("libx265").tag == "hvc1"
