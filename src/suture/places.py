"""Where things lie for this user: the cache folder and the jobs in it; and what kind of disk a path is on."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

__all__ = ["batches_folder", "cache_folder", "is_network", "jobs_folder", "state_folder", "trials_folder"]

# Of this machine, and survives a restart.
_LOCAL: Final = Path("/var/tmp")  # noqa: S108 - the folder in it is made for this user alone
_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
# Source: the names that the kernel's file systems register (Documentation/filesystems and fs/*/super.c), and those of
# FUSE programs. The last row are folders of a host seen from its guest: locks and shared memory end at that border too.
_NETWORK: Final = frozenset(
    "nfs nfs4 cifs smb2 smb3 smbfs ncpfs ncp afs auristorfs coda davfs webdav ceph lustre gfs gfs2 ocfs2 glusterfs "  # noqa: SIM905
    "beegfs fhgfs gpfs pvfs2 orangefs panfs afpfs juicefs "
    "9p vboxsf vmhgfs prl_fs".split()
)
_NETWORK_FUSE: Final = frozenset(
    "sshfs glusterfs ceph ceph-fuse s3fs goofys rclone gcsfuse davfs davfs2 juicefs moosefs mfs lizardfs saunafs "  # noqa: SIM905
    "cernvmfs cvmfs2 smbnetfs curlftpfs curlftpfs_fs gvfsd-fuse hdfs fuse_dfs seaweedfs blobfuse blobfuse2 "
    "google-drive-ocamlfuse onedriver vmhgfs-fuse nfs".split()
)


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/suture`` or ``~/.cache/suture``; it need not exist."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if configured.startswith("/"):  # the XDG base directory specification has relative paths ignored
        return Path(configured) / "suture"
    try:
        return Path.home() / ".cache" / "suture"
    except RuntimeError:  # a user of whom the system knows nothing, as in a container
        return _own()


def _own() -> Path:
    """A folder of this user's on a disk of this machine."""
    return _LOCAL / f"suture-{os.getuid()}"


def state_folder() -> Path:
    """Where databases and locks lie: in the cache folder, unless that is on a network, where neither works."""
    cache = cache_folder()
    return _own() if is_network(cache) else cache


def trials_folder() -> Path:
    """Where lies what searches for a target have measured; it need not exist."""
    return cache_folder() / "trials"


def jobs_folder() -> Path:
    """One folder for each job that was not tidied away."""
    return state_folder() / "jobs"


def batches_folder() -> Path:
    """One small file for each batch that was not done to its end."""
    return state_folder() / "batches"


def is_network(path: str | os.PathLike[str], mounts: Path = _MOUNTS) -> bool:
    """Whether a path lies on a network file system; False where that can't be found out (other systems than Linux).

    Args:
        path: need not exist; links are followed.
        mounts: the kernel's list. Source: proc(5), ``mountinfo``.
    """
    try:
        text = mounts.read_text(errors="surrogateescape")
    except OSError:
        return False
    kind = _kind_of(os.path.realpath(path), text)
    main, _, sub = kind.partition(".")
    return main in _NETWORK or (main == "fuse" and sub in _NETWORK_FUSE)


def _kind_of(path: str, mountinfo: str) -> str:
    """The file system at the longest mount point above a path; of several at one point the last hides the others."""
    longest, kind = -1, ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split()
        if len(fields) > 4 and kinds:  # noqa: PLR2004 - the fifth is where it is mounted
            point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[4]).rstrip("/")
            if len(point) >= longest and (path == point or path.startswith(f"{point}/")):
                longest, kind = len(point), kinds[0]
    return kind
