"""Makes the captured stderr anew: every way to fail that can be provoked on a plain machine, by real ffmpegs.

    python tests/golden/capture_stderr.py FFMPEG [FFMPEG …]

writes ``stderr/<major.minor>/<case>.txt`` for each of them. The first line of a file is its exit code
(negative: a signal), the rest is stderr. Addresses are made equal and file names are relative, so a new
capture differs from the old one only where ffmpeg does. Run it as root on Linux to get all cases: two need
another user.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
VIDEO = "-f lavfi -i testsrc2=size=128x96:rate=25:duration=1"
AUDIO = "-f lavfi -i sine=duration=1"
LONG = "-f lavfi -i testsrc2=size=640x480:rate=25:duration=600"

CASES = {
    # the input
    "input-missing": "-i missing.mkv -f null -",
    "input-is-a-folder": "-i folder -f null -",
    "input-permission": "-i secret.mp4 -f null -",
    "input-not-media": "-i text.mkv -f null -",
    "input-empty": "-i empty.mp4 -f null -",
    "input-no-moov": "-i truncated.mp4 -f null -",
    "input-garbage-ts": "-i garbage.ts -c:v libx264 out.mkv",
    "input-no-video": "-i audio.mka -map 0:v out.mkv",
    "input-nothing-mapped": "-i audio.mka -an out.mp4",
    "input-protocol": "-protocol_whitelist file -i http://127.0.0.1:9/x.mp4 -f null -",
    "input-bad-format": "-f nosuchdemuxer -i film.mp4 -f null -",
    "decode-damaged-fatal": "-xerror -err_detect explode -i damaged.mkv -c:v libx264 out.mkv",
    # the output
    "output-no-folder": f"{VIDEO} nowhere/out.mkv",
    "output-permission": f"{VIDEO} locked/out.mkv",
    "output-is-a-folder": f"{VIDEO} -y -f matroska folder",
    "output-full": f"{VIDEO} -y -c:v libx264 -f matroska /dev/full",
    "output-full-mp4": f"{VIDEO} -y -c:v libx264 -f mp4 /dev/full",
    "output-too-large": f"{LONG} -c:v ffv1 out.mkv",
    "output-no-format": f"{VIDEO} out.nosuch",
    "output-bad-muxer": f"{VIDEO} -f nosuchmuxer out",
    "output-exists": f"{VIDEO} film.mp4",
    "output-is-input": "-y -i film.mp4 film.mp4",
    "output-none": f"{VIDEO}",
    "codec-in-webm": f"{VIDEO} -c:v libx264 out.webm",
    "codec-in-mp4": f"{AUDIO} -c:a wmav2 out.mp4",
    "subtitle-in-mp4": "-i text.srt -c:s srt out.mp4",
    "text-to-bitmap": f"{VIDEO} -i text.srt -map 0 -map 1 -c:s dvdsub out.mkv",
    # names and options
    "unknown-encoder": f"{VIDEO} -c:v nosuchcodec out.mkv",
    "unknown-decoder": "-c:v nosuchcodec -i film.mp4 -f null -",
    "unknown-filter": f"{VIDEO} -vf nosuchfilter -f null -",
    "unknown-option": f"{VIDEO} -nosuchoption 1 -f null -",
    "unknown-encoder-option": f"{VIDEO} -c:v libx264 -x264opts nosuch=1 out.mkv",
    "unknown-bsf": "-i film.mp4 -c copy -bsf:v nosuchbsf out.mkv",
    "unknown-pix-fmt": f"{VIDEO} -pix_fmt nosuchfmt out.mkv",
    "unsupported-pix-fmt": f"{VIDEO} -c:v libx264 -profile:v baseline -pix_fmt yuv444p out.mkv",
    "bad-filter-option": f"{VIDEO} -vf scale=nosuch=1 -f null -",
    "bad-filter-value": f"{VIDEO} -vf scale=abc:def -f null -",
    "bad-filter-syntax": f"{VIDEO} -vf scale=[[ -f null -",
    "bad-filter-graph": f"{VIDEO} -filter_complex [0:a]anull[x] -map [x] -f null -",
    "bad-option-value": f"{VIDEO} -c:v libx264 -crf abc out.mkv",
    "bad-preset-x264": f"{VIDEO} -c:v libx264 -preset nosuch out.mkv",
    "bad-preset-x265": f"{VIDEO} -c:v libx265 -preset nosuch out.mkv",
    "bad-preset-svtav1": f"{VIDEO} -c:v libsvtav1 -preset 99 out.mkv",
    "bad-crf-vp9": f"{VIDEO} -c:v libvpx-vp9 -crf 99 out.mkv",
    "bad-profile-x264": f"{VIDEO} -c:v libx264 -profile:v nosuch out.mkv",
    "bad-sample-rate": f"{AUDIO} -c:a libopus -ar 12345 out.mka",
    "bad-channels": f"{AUDIO} -c:a libmp3lame -ac 6 out.mp3",
    "bad-map": "-i film.mp4 -map 0:7 out.mkv",
    "bad-size": f"{VIDEO} -vf scale=127:95 -c:v libx264 -pix_fmt yuv420p out.mkv",
    "bad-time": f"{VIDEO} -ss nosuchtime out.mkv",
    # devices
    "no-nvenc": f"{VIDEO} -c:v h264_nvenc out.mkv",
    "no-cuda": "-hwaccel cuda -i film.mp4 -f null -",
    "no-cuda-device": f"-init_hw_device cuda=cu {VIDEO} -f null -",
    "no-vaapi": f"-vaapi_device /dev/dri/renderD128 {VIDEO} -vf format=nv12,hwupload -c:v h264_vaapi out.mkv",
    "no-qsv": f"{VIDEO} -c:v h264_qsv out.mkv",
    "no-vulkan": f"-init_hw_device vulkan=vk {VIDEO} -f null -",
    # the machine
    "memory": f"{VIDEO} -vf scale=7680:4320 -c:v libx264 out.mkv",
    "signal-term": f"{LONG} -c:v libx264 out.mkv",
    "signal-int": f"{LONG} -c:v libx264 out.mkv",
    "signal-kill": f"{LONG} -c:v libx264 out.mkv",
    "signal-segv": f"{LONG} -c:v libx264 out.mkv",
    "signal-abrt": f"{LONG} -c:v libx264 out.mkv",
    # none of the above
    "success": f"{VIDEO} {AUDIO} -c:v libx264 -c:a aac out.mkv",
    "success-x265": f"{VIDEO} -c:v libx265 out.mkv",
    "success-svtav1": f"{VIDEO} -c:v libsvtav1 out.mkv",
    "damaged-but-encoded": "-i damaged.mkv -c:v libx264 out.mkv",
}
SIGNALS = {"term": "SIGTERM", "int": "SIGINT", "kill": "SIGKILL", "segv": "SIGSEGV", "abrt": "SIGABRT"}
NOBODY = 65_534


def limits(case: str) -> None:
    """What the child lives under, beside its arguments; runs in the child."""
    if case == "memory":
        resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000, 1_200_000_000))
    if case == "output-too-large":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    if case.endswith("permission") and os.getuid() == 0:
        os.setuid(NOBODY)


def prepare(ffmpeg: str, folder: Path) -> None:
    """The files that the cases use."""
    make = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=2"]
    subprocess.run([*make, "-c:v", "libx264", "-g", "10", "film.mp4"], cwd=folder, check=True)
    subprocess.run([*make, "-c:v", "libx264", "-g", "10", "film.mkv"], cwd=folder, check=True)
    sound = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", "sine=duration=1", "audio.mka"]
    subprocess.run(sound, cwd=folder, check=True)
    film = (folder / "film.mp4").read_bytes()
    (folder / "truncated.mp4").write_bytes(film[: len(film) // 2])
    damaged = bytearray((folder / "film.mkv").read_bytes())
    for place in range(4_000, len(damaged) - 4_000, 700):
        damaged[place : place + 40] = b"\x55" * 40
    (folder / "damaged.mkv").write_bytes(damaged)
    (folder / "secret.mp4").write_bytes(film)
    (folder / "text.mkv").write_text("This is no film.\n" * 200)
    (folder / "text.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    (folder / "garbage.ts").write_bytes(bytes(range(256)) * 400)
    (folder / "empty.mp4").touch()
    (folder / "folder").mkdir()
    (folder / "locked").mkdir()
    (folder / "secret.mp4").chmod(0o000)
    (folder / "locked").chmod(0o555)
    folder.chmod(0o755)


def capture(ffmpeg: str, case: str, arguments: str, folder: Path) -> str:
    """One case's exit code and stderr."""
    argv = [ffmpeg, "-nostdin", "-progress", "/dev/null", "-nostats", *arguments.split()]
    child = subprocess.Popen(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: limits(case),  # noqa: PLW1509  # no threads here
    )
    if case.startswith("signal-"):
        time.sleep(1)
        child.send_signal(signal.Signals[SIGNALS[case.removeprefix("signal-")]])
    _, stderr = child.communicate(timeout=60)
    for path in folder.glob("out*"):
        path.unlink()
    return f"{child.returncode}\n{tidy(stderr.decode('utf-8', 'replace'))}"


def tidy(stderr: str) -> str:
    """The same text without what differs from run to run."""
    stderr = re.sub(r"0x[0-9a-f]{6,}", "0x1", stderr)
    return re.sub(r"(?m)^  configuration: .*$", "  configuration: --enable-gpl", stderr)


def version(ffmpeg: str) -> str:
    """Major and minor version."""
    text = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version n?(\d+\.\d+)", text)
    return found[1] if found else "unknown"


def main() -> None:
    """Capture all cases of all the binaries named on the command line."""
    for ffmpeg in sys.argv[1:]:
        target = HERE / "stderr" / version(ffmpeg)
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(ffmpeg, folder)
            for case, arguments in CASES.items():
                (target / f"{case}.txt").write_text(capture(ffmpeg, case, arguments, folder))


if __name__ == "__main__":
    main()
