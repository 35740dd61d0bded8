"""What lies beside the pictures (HDR, captions, 3D, fields) and comes along with an encode, or does not. Pure.

An encoder makes new packets; what lay in the old ones arrives only where the encoder writes it again, or where the
container has a place for it. This is the table of that: what an encoder has to be told, what arrives, what is lost and
why. Its neighbours: `ability` (what this ffmpeg's encoder takes), `promises` (what the finished file must show).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.planning.behind import caption_dropper, colour_changer, field_mixer, is_about_fields, picture_mover
from suture.planning.tracks import Loss
from suture.planning.vbv import vbv_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import StreamInfo
    from suture.planning.ability import Ability
    from suture.settings import EncodeSettings

__all__ = ["Carried", "carried", "fields_of", "is_interlaced"]

_MASTERING: Final = "mastering_display_metadata"
_LIGHT: Final = "content_light_level"
_DOLBY: Final = ("dovi_configuration", "dovi_rpu")
_PLUS: Final = "dynamic_hdr_plus"
# Encoders that write HDR10+ from version 7 of ffmpeg on; VP9 has it beside its packets, which Matroska alone keeps.
_PLUS_ENCODERS: Final = {"libaom-av1": None, "libvpx-vp9": frozenset({"matroska", "webm"})}
_PLUS_SINCE: Final = 61
# How a picture is coded in fields: entries of the encoder's list, or plain options. Source: ffmpeg -h encoder=NAME.
_FIELD_FLAGS: Final = {
    **dict.fromkeys(("mpeg2video", "mpeg4"), "+ildct+ilme"),
    **dict.fromkeys(("prores", "prores_aw", "prores_ks", "dnxhd"), "+ildct"),
}
# They note fields by themselves, or write every line as it is and leave the word to the container.
_FIELDS_ANYWAY: Final = frozenset(
    {"ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "mjpeg", "v210", "dvvideo", "magicyuv"}
)
# The arrangements that MP4 has a box for, and those that x264 writes into its stream.
_MP4_STEREO: Final = frozenset({"2D", "side by side", "top and bottom"})
# What else may ride along with a picture, by what people call it.
_OTHERS: Final = {
    "3d_reference_displays": "3D reference displays",
    "afd": "active format description",
    "ambient_viewing_environment": "ambient viewing environment",
    "dynamic_hdr_vivid": "HDR Vivid data",
    "icc_profile": "ICC profile",
    "s12m_timecode": "SMPTE timecodes",
    "spherical": "spherical (360°) projection",
}
# Where it lies when nobody says where; and encoders that do not say it.
_USUAL_CHROMA: Final = frozenset({"left", "unknown"})
_NO_CHROMA: Final = frozenset({"libaom-av1", "libvpx-vp9", "librav1e", "mpeg4"})
_SILENT_FIELDS: Final = frozenset({"progressive", "unknown"})


@dataclass(frozen=True, slots=True)
class Carried:
    """What is done about it.

    Args:
        options: plain options of the encoder.
        listed: entries of the encoder's list (``x265-params``).
        facts: names of side data that arrive.
        unkept: names of fields that do not.
        losses: what does not.
        unofficial: MP4 and MOV write it only when boxes beyond the standard are allowed.
    """

    options: dict[str, str] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    unkept: frozenset[str] = frozenset()
    losses: tuple[Loss, ...] = ()
    unofficial: bool = False


def carried(stream: StreamInfo, settings: EncodeSettings, ability: Ability, form: str) -> Carried:
    """What comes along when a stream is encoded.

    Args:
        stream: of the source.
        settings: what is asked for.
        ability: of the encoder.
        form: the output's muxer.
    """
    parts = [part for rule in _RULES for part in rule(_Case(stream, settings, ability, form))]
    options: dict[str, str] = {}
    listed: dict[str, str] = {}
    for part in parts:
        options |= part.options
        listed |= part.listed
    return Carried(
        options,
        listed,
        frozenset().union(*(part.facts for part in parts)),
        frozenset().union(*(part.unkept for part in parts)),
        tuple(loss for part in parts for loss in part.losses),
        any(part.unofficial for part in parts),
    )


def is_interlaced(stream: StreamInfo) -> bool:
    """Whether the source's pictures are made of fields."""
    return stream.field_order not in _SILENT_FIELDS


def fields_of(stream: StreamInfo) -> str:
    """Which field is first: ``tff``, ``bff``, or nothing where that is not known. The first letter is the field's."""
    return {"t": "tff", "b": "bff"}.get(stream.field_order[0], "") if is_interlaced(stream) else ""


@dataclass(frozen=True, slots=True)
class _Case:
    """What a rule looks at."""

    stream: StreamInfo
    settings: EncodeSettings
    ability: Ability
    form: str

    @property
    def codec(self) -> str:
        return self.settings.video_codec

    @property
    def chain(self) -> str:
        return self.settings.video_filter or ""

    def has(self, name: str) -> bool:
        return name in self.stream.side_data

    def side(self, name: str) -> Any:  # noqa: ANN401 - as various as side data
        return self.stream.side_data.get(name)

    def loss(self, what: str, why: str) -> Carried:
        return Carried(losses=(Loss(f"{what} of video stream {self.stream.index}", why),))

    def doubt(self, what: str, name: str) -> Carried:
        """Nothing is written about it. What a newer ffmpeg writes by itself is not taken out of its hands."""
        why = f"behind -vf {name} it is not known whether it still holds; it is left to ffmpeg, which may drop it"
        return self.loss(what, why)


def _static_hdr(case: _Case) -> Iterator[Carried]:
    """Into every piece where the encoder takes it; into the container in any case (`suture.media.template`)."""
    facts = {name for name in (_MASTERING, _LIGHT) if case.has(name)}
    write = {"libx264": _x264_hdr, "libx265": _x265_hdr, "libsvtav1": _svt_hdr}.get(case.codec)
    if facts and (changer := colour_changer(case.chain)):
        yield case.doubt("HDR10 data", changer)
    elif facts:
        yield Carried(listed=write(case.side(_MASTERING), case.side(_LIGHT)) if write else {}, facts=frozenset(facts))


def _x264_hdr(display: Any, light: Any) -> dict[str, str]:  # noqa: ANN401 - side data
    return _hdr("mastering-display", _whole_numbers(display), "cll", light)


def _x265_hdr(display: Any, light: Any) -> dict[str, str]:  # noqa: ANN401 - side data
    return _hdr("master-display", _whole_numbers(display), "max-cll", light)


def _svt_hdr(display: Any, light: Any) -> dict[str, str]:  # noqa: ANN401 - side data
    values = _display(display)
    text = _colour_volume([f"{float(value):.10g}" for value in values]) if values else ""
    return _hdr("mastering-display", text, "content-light", light)


def _hdr(display: str, volume: str, level: str, light: Any) -> dict[str, str]:  # noqa: ANN401 - side data
    found = {display: volume} if volume else {}
    if isinstance(light, dict):
        found[level] = f"{light['max_content']},{light['max_average']}"
    return found


def _whole_numbers(display: Any) -> str:  # noqa: ANN401 - side data
    """In steps of 1/50000 and 1/10000 cd/m². Source: ITU-T H.265, D.3.28."""
    values = _display(display)
    steps = [50_000] * 8 + [10_000] * 2
    return (
        _colour_volume([str(round(value * step)) for value, step in zip(values, steps, strict=True)]) if values else ""
    )


def _display(display: Any) -> list[Fraction]:  # noqa: ANN401 - side data
    """Green, blue, red, white, brightest and darkest; nothing unless all are known: encoders take all or none."""
    names = [f"{who}_{axis}" for who in ("green", "blue", "red", "white_point") for axis in "xy"]
    try:
        return [Fraction(display[name]) for name in (*names, "max_luminance", "min_luminance")]
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return []


def _colour_volume(numbers: list[str]) -> str:
    pairs = [",".join(numbers[at : at + 2]) for at in range(0, 10, 2)]
    return "".join(f"{name}({pair})" for name, pair in zip(("G", "B", "R", "WP", "L"), pairs, strict=True))


def _plus(case: _Case) -> Iterator[Carried]:
    if not case.has(_PLUS):
        return
    forms = _PLUS_ENCODERS.get(case.codec, frozenset())
    if changer := colour_changer(case.chain):
        yield case.doubt("HDR10+ data", changer)
    elif case.ability.libavcodec >= _PLUS_SINCE and (forms is None or case.form in forms):
        yield Carried(facts=frozenset({_PLUS}))
    else:
        where = f"{case.codec} in {case.form}" if forms else f"{case.codec} of this ffmpeg"
        yield case.loss("HDR10+ data", f"{where} does not write it; HDR10 stays")


def _dolby(case: _Case) -> Iterator[Carried]:
    """RPUs are per frame, so that pieces join; x265 writes them with a VBV only."""
    if not any(case.has(name) for name in _DOLBY):
        return
    if why := _why_no_dolby(case):
        yield case.loss("Dolby Vision data", f"{why}; what lies below it stays")
    else:
        facts = frozenset(name for name in _DOLBY if case.has(name))
        yield Carried({"dolbyvision": "1"}, facts=facts, unofficial=True)


def _why_no_dolby(case: _Case) -> str:
    record = case.side("dovi_configuration")
    profile = record.get("profile") if isinstance(record, dict) else None
    if "dolbyvision" not in case.ability.options:
        return f"{case.codec} of this ffmpeg does not write it"
    if case.settings.video_filter:
        return "it describes pictures without a filter (-vf)"
    if profile not in {8, 10} or (isinstance(record, dict) and record.get("el_flag")):
        return f"profile {profile} can't be written by {case.codec}" if profile else "its profile is not known"
    if case.codec == "libx265" and vbv_of(case.settings) is None:
        return "libx265 writes it with a VBV only (-x maxrate=RATE -x bufsize=SIZE)"
    return ""


def _captions(case: _Case) -> Iterator[Carried]:
    if not case.has("closed_captions"):
        return
    dropper = caption_dropper(case.chain)
    if "a53cc" in case.ability.options and dropper:
        yield replace(case.doubt("closed captions", dropper), options={"a53cc": "1"})
    elif "a53cc" in case.ability.options:
        yield Carried({"a53cc": "1"}, facts=frozenset({"closed_captions"}))
    else:
        yield case.loss("closed captions", f"{case.codec} of this ffmpeg does not write them")


def _stereo(case: _Case) -> Iterator[Carried]:
    """x264 writes it into its stream; Matroska and WebM have a place for it, MP4 for some."""
    kind = case.side("stereo3d")
    if not isinstance(kind, str) or kind == "2D":
        return
    fits = kind.partition(",")[0] in _MP4_STEREO
    if mover := picture_mover(case.chain):
        yield case.doubt(f"stereo 3D arrangement ({kind})", mover)
    elif case.codec == "libx264" or case.form in {"matroska", "webm"} or (fits and case.form in {"mp4", "mov"}):
        yield Carried(facts=frozenset({"stereo3d"}), unofficial=fits)
    else:
        yield case.loss(f"stereo 3D arrangement ({kind})", f"neither {case.codec} nor {case.form} has a place for it")


def _fields(case: _Case) -> Iterator[Carried]:
    """Interlaced pictures stay so where the encoder has a way to code fields."""
    if not is_interlaced(case.stream) or is_about_fields(case.chain):
        return
    first = fields_of(case.stream)
    if mixer := field_mixer(case.chain):
        yield case.loss("interlacing", f"behind -vf {mixer} it is not known whether fields are still fields")
    elif case.codec == "libx264" and first:
        yield Carried(listed={first: "1"})
    elif case.codec in _FIELD_FLAGS:
        yield Carried({"flags": _FIELD_FLAGS[case.codec]})
    elif case.codec not in _FIELDS_ANYWAY and not case.codec.startswith("libx264"):
        told = "only the container says so" if case.form in {"matroska", "webm", "mp4", "mov"} else "nothing says so"
        why = f"{case.codec} codes both fields as one frame, {told}; -vf bwdif makes it progressive"
        yield case.loss("interlacing", why)


def _chroma(case: _Case) -> Iterator[Carried]:
    """Where chroma samples lie: H.264 and HEVC say it in their streams, Matroska in its header."""
    where = case.stream.chroma_location
    if where in _USUAL_CHROMA:
        return
    if mover := picture_mover(case.chain):
        yield case.doubt(f"chroma location ({where})", mover)
    elif case.form in {"mp4", "mov"} and case.codec in _NO_CHROMA:
        lost = case.loss(f"chroma location ({where})", f"neither {case.codec} nor {case.form} tells it")
        yield replace(lost, unkept=frozenset({"chroma_location"}))


def _others(case: _Case) -> Iterator[Carried]:
    for name, words in _OTHERS.items():
        if case.has(name):
            yield case.loss(words, f"{case.codec} does not write it")
    if case.stream.metadata.get("alpha_mode") == "1":
        yield case.loss("transparency", "ffmpeg's decoder leaves it out")


_RULES = (_static_hdr, _plus, _dolby, _captions, _stereo, _fields, _chroma, _others)
