"""Whether a piece is made by one process or by several, each with the resource that it needs; and why so.

A process that scales on a GPU and encodes on cores holds the GPU's slot for as long as it encodes. In two processes
over an intermediate without loss it holds it while it scales; the intermediate costs cores and disk for that. So pieces
are parted only where a GPU is what they would wait for, and only where what comes out is the same, frame for frame.
`chains` tells what runs where, `trial` whether it runs at all, `suture.encoder.video` how frames pass from one command
to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import Resource
from suture.command.encoders import resource_of
from suture.encoder.video import Between, Stage
from suture.planning.brief import Decision
from suture.planning.chains import chain_of
from suture.planning.trial import WATCH, tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.encoder import VideoEncoder
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.chains import Chain, Run
    from suture.planning.frames import Looking
    from suture.planning.trial import Trial

__all__ = ["Work", "raw", "stage_path", "staged", "why_one", "works_of"]

# What ffvhuff or FFV1 give back as they got it, the semi-planar ones as their planar twins.
_EXACT: Final = frozenset(
    """gray nv12 p010le yuv420p yuv422p yuv444p yuv420p10le yuv422p10le yuv444p10le yuv444p16le gbrp""".split()  # noqa: SIM905
)
# They take and give every planar format of eight bits, so nothing is converted for them.
_KEEPING: Final = frozenset(
    """avgblur bilateral boxblur cas crop deband deblock gblur hflip median nlmeans null setdar setsar unsharp
    vflip""".split()  # noqa: SIM905
)
_EIGHT_BITS: Final = frozenset({"yuv420p", "yuv422p", "yuv444p"})
# What rides along with pictures that an intermediate keeps, or that is not used once they are decoded.
_SAFE: Final = frozenset({"cpb_properties", "display_matrix", "interlaced_frame"})
# Gaps between two timestamps from which ffmpeg takes them for errors (it does from 30 hours), in thousandths.
_LARGEST_GAP: Final = 20 * 3600 * 1000
# Whole numbers beyond 53 bits are not exact in ffmpeg's expressions.
_LARGEST_TIME: Final = 2**52


@dataclass(frozen=True, slots=True)
class Work:
    """Neighbouring filters, with the encoder at the end, that need one resource.

    Args:
        resource: which.
        filters: the filters.
        device: the kind that they run on; empty: none.
        pixel_format: of what comes out; empty where that is not known.
    """

    resource: Resource
    filters: tuple[str, ...] = ()
    device: str = ""
    pixel_format: str = ""

    def joined(self, other: Work) -> Work:
        """This and what follows it, as one."""
        resource = other.resource if self.resource is Resource.GPU_SCALE else self.resource
        filters = (*self.filters, *other.filters)
        return Work(resource, filters, self.device or other.device, other.pixel_format)


def stage_path(folder: str, chunk: ChunkData, number: int) -> str:
    """Where the intermediate behind a piece's command lies; its stem is the command's id. The first is number 0."""
    more = f"-{number + 1}" if number else ""
    return str(Path(folder) / f"stage-{chunk.stream_index}-{chunk.chunk_id:05d}{more}.mkv")


def staged(
    brief: Brief,
    stream: StreamInfo,
    encoder: VideoEncoder,
    chunks: Sequence[ChunkData],
    index: FrameIndex,
    look: Looking,
) -> tuple[VideoEncoder, list[Decision]]:
    """The encoder, told of its device and in as many stages as pay; and what was decided, where a GPU has a part in it.

    Raises:
        CommandCancelled: looking was stopped.
        ConfigError: the filters need devices of two kinds, or one does not know an option.
        Unsupported: the device is not there, or can't do it.
    """
    chain = chain_of(encoder.filters, encoder.codec, stream.pix_fmt or "yuv420p")
    if not chain.device and not _encodes_on_gpu(encoder):
        return encoder, []
    whole = replace(encoder, filters=chain.filters, device=chain.device)
    works = works_of(chain, encoder.codec)
    why = why_one(works, brief, stream, chunks, index)
    parts, trial = ([], None) if why else _parts(brief, whole, works, chunks[0], look)
    if not parts or _encodes_on_gpu(encoder):
        trial = _try(brief, whole if _encodes_on_gpu(encoder) else raw(whole), chunks[0], look)
    noted = [Decision("device", f"{chain.device} runs on {trial.device}")] if trial and trial.device else []
    if parts:
        told = Decision("stages", _told(works, brief), _option(works))
        return replace(whole, stages=tuple(parts), between=_between(stream)), [*noted, told]
    told = Decision("stages", f"one process for each piece: {why or 'no frame came out of a trial'}", _option(works))
    return replace(whole, slot=_slot(whole, brief)), [*noted, *([told] if chain.device or len(works) > 1 else [])]


def works_of(chain: Chain, codec: str) -> tuple[Work, ...]:
    """What has to be done for a piece, by resource."""
    encoding = Work(resource_of(codec, (), None))
    if not chain.runs:
        return (replace(encoding, filters=chain.filters, device=chain.device),)
    works: list[Work] = []
    light: tuple[str, ...] = ()
    for run in chain.runs:
        resource = _resource_of(run, encoding, last=run is chain.runs[-1])
        if resource is None:
            light += run.filters
            continue
        works.append(Work(resource, (*light, *run.filters), run.device, run.pixel_format))
        light = ()
    return _merged([*works, replace(encoding, filters=light)])


def _resource_of(run: Run, encoding: Work, *, last: bool) -> Resource | None:
    """What a run needs; None: too little to matter, it goes with what follows."""
    if run.device:
        return Resource.GPU_SCALE
    if not last:
        return Resource.CPU if run.heavy else None
    return Resource.CPU if encoding.resource is Resource.CPU or (run.heavy and _keeps_format(run)) else None


def _keeps_format(run: Run) -> bool:
    """Whether the pictures that leave it surely have the format in which they came."""
    names = {text.partition("=")[0] for text in run.filters}
    return run.pixel_format in _EIGHT_BITS and names <= _KEEPING


def _merged(works: Sequence[Work]) -> tuple[Work, ...]:
    """Neighbours that gain nothing by being apart, as one. A GPU that encodes scales for itself."""
    found = [works[0]]
    for work in works[1:]:
        before = found[-1].resource
        if before is work.resource or (before, work.resource) == (Resource.GPU_SCALE, Resource.GPU_ENCODE):
            found[-1] = found[-1].joined(work)
        else:
            found.append(work)
    return tuple(found)


def why_one(
    works: Sequence[Work], brief: Brief, stream: StreamInfo, chunks: Sequence[ChunkData], index: FrameIndex
) -> str:
    """Why a piece is better made by one process; empty where it is not."""
    if len(works) == 1:
        encodes = works[0].resource is Resource.GPU_ENCODE
        return "scaling and encoding run on the same GPU" if encodes else "its filters can't be told apart"
    if len(chunks) == 1:
        return "there is one piece, so nothing could run beside it"
    if all(_slots(work, brief) >= brief.workers for work in works):
        return f"there is a GPU slot for each worker ({brief.workers}), so none waits for one"
    if riding := sorted(set(stream.side_data) - _SAFE):
        return f"the pictures carry {', '.join(riding)}, which an intermediate would lose"
    return _why_not_exact(works, stream, chunks, index)


def _slots(work: Work, brief: Brief) -> int:
    """How many of a kind run at once."""
    settings = brief.settings
    slots = {Resource.GPU_SCALE: settings.gpu_scale_slots, Resource.GPU_ENCODE: settings.gpu_encode_slots}
    return slots.get(work.resource, brief.workers)


def _why_not_exact(works: Sequence[Work], stream: StreamInfo, chunks: Sequence[ChunkData], index: FrameIndex) -> str:
    for work in works[:-1]:
        if work.pixel_format not in _EXACT:
            return f"no intermediate is sure to keep {work.pixel_format or 'its pictures'} as they are"
    between = _between(stream)
    gap = max((b - a for a, b in pairwise(index.pts)), default=0)
    longest = max(chunk.end_pts - chunk.start_pts for chunk in chunks)
    if gap * between.ticks > _LARGEST_GAP or longest * between.stretch > _LARGEST_TIME:
        return f"no intermediate keeps a clock of {stream.time_base} s"
    return "" if all(chunk.is_exact for chunk in chunks) else "its range is not known in ticks"


def _between(stream: StreamInfo) -> Between:
    """What lies between: ffvhuff costs a quarter of FFV1, at twice the size, but does not tell fields from frames."""
    if stream.field_order in {"progressive", "unknown"} and not stream.side_data.get("interlaced_frame"):
        return Between("ffvhuff", (("threads", "2"),), stream.time_base)
    fast = ("level", "3"), ("coder", "0"), ("context", "0"), ("g", "1"), ("slices", "4"), ("slicecrc", "1")
    return Between("ffv1", fast, stream.time_base)


def _parts(
    brief: Brief, whole: VideoEncoder, works: Sequence[Work], chunk: ChunkData, look: Looking
) -> tuple[list[Stage], Trial | None]:
    """The stages, each with the shape of the pixels that it gives; none where that could not be seen."""
    stages: list[Stage] = []
    trial = None
    head: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    for work in works[:-1]:
        # The format again behind the intermediate: libavfilter would convert elsewhere than in one process.
        form = f"format={work.pixel_format}"
        pinned = work.filters if work.filters[-1] == form else (*work.filters, form)
        filters, begin = (*begin, *pinned), (form,)
        head += pinned
        trial = _try(brief, raw(replace(whole, filters=head)), chunk, look)
        if trial is None:
            return [], None
        stages.append(Stage(filters, work.resource, work.device, trial.shape, trial.color_range))
    last = works[-1]
    return [*stages, Stage((*begin, *last.filters), last.resource, last.device)], trial


def _try(brief: Brief, encoder: VideoEncoder, chunk: ChunkData, look: Looking) -> Trial | None:
    """Text that is burnt in may not be there yet, and needs no device."""
    command = replace(encoder, burn=None).command(chunk, "-", f"trial-{chunk.stream_index}")
    return tried(command, brief.folder, look.cancel)


def raw(encoder: VideoEncoder) -> VideoEncoder:
    """The same without the encoder: one on cores needs no trial, and may take long for its first frames."""
    plain = replace(encoder, crf=None, speed=None, bitrate=None, options=(), pixel_format=None, threads=None)
    return replace(plain, codec="rawvideo", filters=(*encoder.filters, WATCH))


def _encodes_on_gpu(encoder: VideoEncoder) -> bool:
    return resource_of(encoder.codec, (), None) is Resource.GPU_ENCODE


def _slot(whole: VideoEncoder, brief: Brief) -> Resource | None:
    """What one process occupies: with a GPU slot for every worker, it only has to wait for a core."""
    if not whole.device or _encodes_on_gpu(whole):
        return None
    return Resource.CPU if brief.settings.gpu_scale_slots >= brief.workers else Resource.GPU_SCALE


def _option(works: Sequence[Work]) -> str:
    encodes = works[-1].resource is Resource.GPU_ENCODE
    return "--gpu-encode-slots" if encodes else "--gpu-scale-slots"


def _told(works: Sequence[Work], brief: Brief) -> str:
    order = ", then ".join(work.resource.value for work in works)
    slots = ", ".join(f"{work.resource.value} {_slots(work, brief)}" for work in works)
    return (
        f"each piece is made by {len(works)} processes ({order}) over a file without loss, "
        f"so that none holds what it does not use (at once: {slots})"
    )
