"""Makes a small film with everything that a tool may lose; for ``make demo`` and for benchmarks without real media.

30 seconds of a moving test picture at 24000/1001 frames a second, coded with B-frames and a keyframe every two
seconds, two sound tracks in two codecs, ASS and SRT subtitles, three chapters, a font, tags, languages, dispositions.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from suture.ffmpeg.locate import locate

__all__ = ["make_film"]

SECONDS = 30
RATE = "24000/1001"

_CHAPTERS = ((0, 10, "The needle"), (10, 20, "The thread"), (20, 30, "The knot"))
_SRT = "\n".join(
    f"{n + 1}\n00:00:{5 * n:02},000 --> 00:00:{5 * n + 4:02},500\nLine {n + 1} of six.\n" for n in range(6)
)
_ASS_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: 640
PlayResY: 360

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Alignment, MarginV
Style: Default,DejaVu Sans,24,&H00FFFFFF,0,0,2,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
_ASS = _ASS_HEAD + "".join(
    f"Dialogue: 0,0:00:{5 * n:02}.00,0:00:{5 * n + 4:02}.50,Default,,0,0,0,,{{\\i1}}Sign {n + 1}{{\\i0}}\n"
    for n in range(6)
)
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")


def make_film(path: Path, size: str = "640x360", seconds: int = SECONDS) -> Path:
    """Write the film, replacing what is there; gives its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "signs.ass").write_text(_ASS)
        (folder / "talk.srt").write_text(_SRT)
        (folder / "chapters.txt").write_text(_chapters())
        _font(folder / "film.ttf")
        subprocess.run(_command(locate(), folder, path, size, seconds), check=True, stdin=subprocess.DEVNULL)
    return path


def _chapters() -> str:
    parts = [f"[CHAPTER]\nTIMEBASE=1/1\nSTART={begin}\nEND={end}\ntitle={title}\n" for begin, end, title in _CHAPTERS]
    return ";FFMETADATA1\ntitle=A film to sew\n" + "".join(parts)


def _font(path: Path) -> None:
    """A font of this machine's; where there is none, bytes that stand for one."""
    found = next((file for folder in _FONT_FOLDERS for file in sorted(Path(folder).rglob("*.ttf"))), None)
    path.write_bytes(found.read_bytes() if found else b"\0\1\0\0" + bytes(range(256)) * 16)


def _command(ffmpeg: str, folder: Path, path: Path, size: str, seconds: int) -> list[str]:
    sounds = [
        f"sine=frequency=220:sample_rate=48000:duration={seconds}",
        f"anoisesrc=color=pink:sample_rate=48000:amplitude=0.1:seed=7:duration={seconds}",
    ]
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={RATE}:duration={seconds}"]
    for sound in sounds:
        inputs += ["-f", "lavfi", "-i", sound]
    for text in ("signs.ass", "talk.srt", "chapters.txt"):
        inputs += ["-i", str(folder / text)]
    maps = [word for n in range(5) for word in ("-map", str(n))]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-g", "48", "-bf", "3", "-pix_fmt", "yuv420p"]
    audio = ["-c:a:0", "aac", "-b:a:0", "128k", "-ac:a:0", "2", "-c:a:1", "ac3", "-b:a:1", "192k", "-ac:a:1", "2"]
    tags = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra", "-metadata:s:a:1", "title=Commentary"]
    tags += ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=deu", "-disposition:s:1", "forced"]
    font = [
        "-attach",
        str(folder / "film.ttf"),
        "-metadata:s:t",
        "mimetype=application/x-truetype-font",
        "-metadata:s:t",
        "filename=film.ttf",
    ]
    head = [
        ffmpeg,
        "-hide_banner",
        "-nostdin",
        "-v",
        "error",
        "-y",
        *inputs,
        *maps,
        "-map_metadata",
        "5",
        "-map_chapters",
        "5",
    ]
    return [*head, *video, *audio, "-c:s:0", "ass", "-c:s:1", "srt", *tags, *font, str(path)]


if __name__ == "__main__":
    print(make_film(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/film.mkv")))
