"""The defects that `verify_plants` plants, and as which kind of finding each has to be found; made by `planting`."""

from __future__ import annotations

from fractions import Fraction

from bench.planting import (
    FRAME,
    MASTER,
    QUICK,
    SOUND,
    Plant,
    converted,
    corrupt,
    doubled,
    dropped,
    encoded,
    film,
    filtered,
    freeze,
    hdr,
    late_line,
    late_sound,
    later,
    lost_chapter,
    lost_line,
    plain_pixels,
    sdr,
    swapped,
    tags,
    truncated,
    without,
)

__all__ = ["PLANTS"]

_DEEP = ((),)
PLANTS: tuple[Plant, ...] = (
    Plant("one frame missing (copy)", ("packet-missing",), dropped("video", FRAME, film)),
    Plant("one frame missing (encode)", ("frame-missing", "frame-count"), filtered(f"select=not(eq(n\\,{FRAME}))")),
    Plant(
        "one frame missing, closed up (encode)",
        ("frame-missing", "frame-count"),
        filtered(f"select=not(eq(n\\,{FRAME})),setpts=N/FR/TB"),
    ),
    Plant("the first frame missing (encode)", ("frame-missing", "frame-count"), filtered("select=gt(n\\,0)")),
    Plant(
        "the last frame missing (encode)",
        ("frame-missing", "frame-count", "tail-missing"),
        filtered("select=lt(n\\,191)"),
    ),
    Plant(
        "one frame doubled (encode)",
        ("frame-doubled", "frame-added", "frame-count"),
        filtered(f"loop=1:1:{FRAME},setpts=N/FR/TB"),
    ),
    Plant(
        "one frame in the next one's place (encode)",
        ("frame-doubled", "frame-missing"),
        filtered(f"split[a][b];[a][b]freezeframes=first={FRAME}:last={FRAME}:replace={FRAME - 1}"),
        ways=_DEEP,
    ),
    Plant("two frames swapped (encode)", ("frame-swapped",), filtered(freeze(FRAME, FRAME + 1)), ways=_DEEP),
    Plant(
        "all frames shifted by one (encode)",
        ("frame-doubled", "frame-missing"),
        filtered("tpad=start=1:start_mode=clone,trim=end_frame=192"),
        ways=_DEEP,
    ),
    Plant("one packet of sound missing", ("packet-missing",), dropped("audio", SOUND, film)),
    Plant("one packet of sound doubled", ("packet-doubled",), doubled),
    Plant("two packets of sound swapped", ("packet-swapped",), swapped),
    Plant("sound 20 ms late (copy)", ("sync",), later("audio", Fraction(20, 1000), "late.mkv")),
    Plant(
        "sound 20 ms late from its middle on (copy)",
        ("packet-time",),
        later("audio", Fraction(20, 1000), "late.mkv", 200),
    ),
    Plant("sound 20 ms late (encode)", ("sound-late",), late_sound, ways=_DEEP),
    Plant("one frame 5 ms late (copy)", ("packet-time",), later("video", Fraction(5, 1000), "late.mkv", 30, 31)),
    Plant("a subtitle track lost in the middle", ("stream-lost",), without("-map -0:s:0")),
    Plant("a sound track lost in the middle", ("stream-lost",), without("-map -0:a:0")),
    Plant("a subtitle line lost", ("subtitle-lost",), lost_line),
    Plant("a subtitle line lost, converted", ("subtitle-lost",), converted),
    Plant("a subtitle line 500 ms late", ("subtitle-time",), late_line),
    Plant("a chapter lost", ("chapter-lost",), lost_chapter),
    Plant("all chapters lost", ("chapter-lost",), without("-map_chapters -1")),
    Plant("a font lost", ("attachment-lost",), without("-map -0:t")),
    Plant("a language lost", ("language-lost", "language-changed"), tags("language", "-metadata:s:a:1 language=")),
    Plant("a language changed", ("language-changed",), tags("language", "-metadata:s:a:0 language=ger")),
    Plant("a title lost", ("title-lost", "title-changed"), tags("title", "-metadata:s:a:1 title=")),
    Plant("a role lost", ("role-lost",), tags("role", "-disposition:s:1 0")),
    Plant("the file's title lost", ("tag-lost",), tags("tags", "-metadata title=")),
    Plant(
        "HDR mastering display and light level lost",
        ("mastering-display-metadata-lost", "content-light-level-lost"),
        hdr(""),
        "hdr",
    ),
    Plant(
        "HDR light level changed", ("content-light-level-changed",), hdr(MASTER.replace("1000,400", "600,400")), "hdr"
    ),
    Plant(
        "HDR mastering display changed",
        ("mastering-display-metadata-changed",),
        hdr(MASTER.replace("L(10000000", "L(40000000")),
        "hdr",
    ),
    Plant("colours relabelled", ("color-primaries-changed",), sdr, "hdr", ways=(QUICK,)),
    Plant("SAR lost", ("sample-aspect-ratio-lost", "sample-aspect-ratio-changed"), plain_pixels, "wide"),
    Plant("truncated tail (copy, MKV)", ("cut-short", "tail-missing"), truncated(film, "mkv")),
    Plant(
        "truncated tail (encode, MKV)",
        ("cut-short", "tail-missing", "frame-count", "frame-missing"),
        truncated(encoded, "mkv"),
    ),
    Plant("one corrupt packet of pictures (copy)", ("packet-damaged",), corrupt("video", 30)),
    Plant("one corrupt packet of sound (copy)", ("packet-damaged",), corrupt("audio", 30)),
)
