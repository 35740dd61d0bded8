"""Files that name other files or hosts are refused: input can't make us read or call anything else."""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest

from suture.errors import ProbeError
from suture.media.opening import REFERRING_FORMATS, SHAPELESS_FORMATS, format_whitelist, open_input
from suture.media.probe import probe_file

pytestmark = pytest.mark.media


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a real clip that the playlists name."""
    monkeypatch.chdir(tmp_path)
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2"]
    argv = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-nostdin",
        *source,
        "-c:v",
        "mpeg2video",
        "clip.ts",
    ]
    subprocess.run(argv, check=True)
    assert probe_file("clip.ts").streams
    return tmp_path


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S">'
    "<Period><AdaptationSet><Representation id='1' bandwidth='1'><BaseURL>{}</BaseURL></Representation>"
    "</AdaptationSet></Period></MPD>\n"
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {} RTP/AVP 33\n"
CONCAT = "ffconcat version 1.0\nfile '{}'\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", HLS),
        ("film.mkv", HLS),
        ("list.mpd", DASH),
        ("list.txt", CONCAT),
        ("film.mp4", CONCAT),
        ("stream.sdp", SDP.format(5004)),
        ("picture%03d.png", "x"),
    ],
)
def test_a_file_that_names_another_is_refused(name: str, text: str, folder: Path) -> None:
    """By its content and not by its name; the clip that it names is not opened in its place."""
    Path(name).write_text(text.replace("{}", "clip.ts"), encoding="utf-8")
    with pytest.raises(ProbeError) as caught:
        probe_file(name)
    assert repr(name) in caught.value.message


def test_a_playlist_is_called_one(folder: Path) -> None:
    """The message says why it is refused and what to do instead."""
    Path("list.m3u8").write_text(HLS.format("clip.ts"), encoding="utf-8")
    with pytest.raises(ProbeError, match=r"playlist or script \(hls\)") as caught:
        probe_file("list.m3u8")
    assert "media files themselves" in caught.value.hint


def test_no_playlist_calls_the_network(folder: Path) -> None:
    """A listener on this machine hears nothing while playlists that name it are probed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls: list[object] = []
        server.settimeout(1.5)
        ear = threading.Thread(target=_listen, args=(server, calls))
        ear.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
        for name, text in (("a.m3u8", HLS), ("b.mpd", DASH), ("c.txt", CONCAT)):
            Path(name).write_text(text.format(address), encoding="utf-8")
            with pytest.raises(ProbeError):
                probe_file(name)
        ear.join()
    assert calls == []


def _listen(server: socket.socket, calls: list[object]) -> None:
    try:
        connection, caller = server.accept()
    except TimeoutError:
        return
    connection.close()
    calls.append(caller)


def test_a_url_opens_its_own_protocol_only(folder: Path) -> None:
    """The user's http:// is called; what it answers can't be a playlist; other protocols are unknown here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        server_thread = threading.Thread(target=_serve, args=(server, HLS.format("clip.ts").encode()))
        server_thread.start()
        with pytest.raises(ProbeError, match=r"playlist or script \(hls\)"):
            probe_file(f"http://127.0.0.1:{server.getsockname()[1]}/list.m3u8")
        server_thread.join()
    for url in ("concat://clip.ts", "subfile://clip.ts", "rtsp://127.0.0.1/x", "crypto://clip.ts"):
        with pytest.raises(ProbeError, match="no protocol that Suture reads"):
            probe_file(url)


def _serve(server: socket.socket, body: bytes) -> None:
    """Answer every call with the same body until nobody calls any more."""
    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    server.settimeout(2)
    try:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + body)
    except TimeoutError:
        return


def test_a_file_url_is_that_file(folder: Path) -> None:
    """file:// is the user's way to name a local file, under the same rules."""
    with open_input(f"file://{folder / 'clip.ts'}") as container:
        assert len(container.streams) == 1


def test_the_whitelist_has_the_containers_and_not_the_scripts() -> None:
    """Of each closed demuxer that this libavformat has, none is open; the usual containers are."""
    names = set(format_whitelist().split(","))
    assert {"matroska", "mov", "mpegts", "avi", "mxf", "ogg", "flac", "wav", "srt", "ass"} <= names
    assert not names & (REFERRING_FORMATS | SHAPELESS_FORMATS)
    assert not names & {"alsa", "x11grab", "fbdev", "lavfi"}
