"""What is read out of libavformat's dump of a container."""

from __future__ import annotations

from suture.media.dump import parse_dump

DUMP = """Input #0, mov,mp4,m4a,3gp,3g2,mj2, from '':
  Metadata:
    major_brand     : isom
    comment         : first
                    :   Stream #0:7: Video: fake
  Duration: 00:00:04.24, start: 0.000000, bitrate: 989 kb/s
  Program 1\x20
    Metadata:
      service_name    : Service01
  Stream #0:0[0x1](eng): Video: hevc (Main 10), 1 reference frame (hvc1 / 0x31637668), yuv420p10le(tv, \
bt2020nc/bt2020/smpte2084, topleft), 1920x1080 [SAR 1:1 DAR 16:9], 853 kb/s, 29.97 fps (default)
    Metadata:
      handler_name    : Side data:
    Side data:
      DOVI configuration record: version: 1.0, profile: 8, level: 4, rpu flag: 1, compatibility id: 1
      Mastering display metadata: has_primaries:1 has_luminance:1 r(0.6780,0.3220) g(0.2450,0.7030) \
b(0.1380 0.0520) wp(0.3127, 0.3290) min_luminance=0.000100, max_luminance=1000.000000
      Content light level metadata: MaxCLL=1100, MaxFALL=180
      Display Matrix: rotation of -90.00 degrees
      Something new: 12 things
  Stream #0:1[0x101](und): Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, stereo, fltp
  Stream #0:2: Video: none (zzzz / 0x7A7A7A7A), none(smpte170m/smpte170m/bt709, progressive), 320x240, 4 kb/s
    Side data:
      cpb: bitrate max/min/avg: 409600/0/0 buffer size: 1835008 vbv_delay: N/A
  Stream #0:3: Data: none (tmcd / 0x64636D74), 0 kb/s
  Stream #0:4: Attachment: none
"""


def test_side_data_becomes_values() -> None:
    """Known side data has fields, unknown side data its text, and the rotation is a number."""
    stream = parse_dump(DUMP)[0]
    assert stream.side_data == {
        "dovi_configuration": {
            "version": "1.0",
            "profile": 8,
            "level": 4,
            "rpu_flag": 1,
            "compatibility_id": 1,
        },
        "mastering_display_metadata": {
            "red_x": "0.6780",
            "red_y": "0.3220",
            "green_x": "0.2450",
            "green_y": "0.7030",
            "blue_x": "0.1380",
            "blue_y": "0.0520",
            "white_point_x": "0.3127",
            "white_point_y": "0.3290",
            "min_luminance": "0.000100",
            "max_luminance": "1000.000000",
        },
        "content_light_level": {"max_content": 1100, "max_average": 180},
        "something_new": "12 things",
    }
    assert stream.rotation == -90


def test_streams_without_a_decoder_still_have_tag_and_size() -> None:
    """What PyAV can't say about them stands in the dump."""
    streams = parse_dump(DUMP)
    assert (streams[2].codec, streams[2].tag) == ("none", "zzzz")
    assert (streams[2].width, streams[2].height) == (320, 240)
    assert streams[2].side_data["cpb_properties"]["buffer_size"] == "1835008"
    assert streams[3].tag == "tmcd"


def test_tags_and_chroma_positions_are_found() -> None:
    """A tag that holds brackets, and the position that is printed last in the pixel format."""
    streams = parse_dump(DUMP)
    assert streams[0].chroma_location == "topleft"
    assert streams[1].tag == "[15][0][0][0]"
    assert streams[1].chroma_location == "unknown"


def test_metadata_that_looks_like_a_stream_is_none() -> None:
    """Only real stream lines count, and side data only under its own heading."""
    assert sorted(parse_dump(DUMP)) == [0, 1, 2, 3, 4]


def test_nothing_gives_nothing() -> None:
    """A file without streams has no entries."""
    assert parse_dump("") == {}
    assert parse_dump("Input #0, wav, from '':\n  Duration: N/A\n") == {}
