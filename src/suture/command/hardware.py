"""Which arguments open a GPU for decoding and filtering. A table; whether it works is found out elsewhere."""

from __future__ import annotations

from suture.errors import ConfigError

__all__ = ["HARDWARE_PATHS", "device_arguments", "hardware_path", "input_arguments_of"]

_NAME = "gpu"
# Kind of device → whether its decoder's frames stay on it. Vulkan decoding is not relied on: frames are
# uploaded.
HARDWARE_PATHS = {"cuda": True, "vaapi": True, "qsv": True, "vulkan": False, "videotoolbox": True}


def hardware_path(path: str | None) -> str | None:
    """The path, when there is such a one.

    Raises:
        ConfigError: there is not.
    """
    if path is not None and path not in HARDWARE_PATHS:
        raise ConfigError(f"hardware path {path!r} is not known", ", ".join(HARDWARE_PATHS) + ", or none")
    return path


def device_arguments(path: str | None) -> list[str]:
    """Global arguments: the device is opened by name, for decoding and for filters alike."""
    if path is None:
        return []
    return ["-init_hw_device", f"{path}={_NAME}", "-filter_hw_device", _NAME]


def input_arguments_of(path: str | None) -> list[str]:
    """Arguments before ``-i``: decode on the device and keep the frames there."""
    if path is None or not HARDWARE_PATHS[path]:
        return []
    kept = "videotoolbox_vld" if path == "videotoolbox" else path
    return ["-hwaccel", path, "-hwaccel_device", _NAME, "-hwaccel_output_format", kept]
