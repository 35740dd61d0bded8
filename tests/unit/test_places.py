"""Where things lie, and what kind of disk that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.places import cache_folder, is_network, jobs_folder

MOUNTS = r"""22 28 0:21 / /proc rw,relatime - proc proc rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 0:40 / /home rw,relatime shared:2 master:3 - nfs4 server:/home rw,vers=4.2
41 40 0:41 / /home/local rw,relatime - xfs /dev/sdb1 rw
42 28 0:42 / /mnt/my\040films rw,relatime - cifs //nas/films rw
43 28 0:43 / /mnt/auto rw,relatime - autofs systemd-1 rw
44 43 0:44 / /mnt/auto rw,relatime - nfs server:/auto rw
45 28 0:45 / /mnt/far rw,relatime - fuse.sshfs user@host: rw
46 28 0:46 / /mnt/stick rw,relatime - fuseblk /dev/sdc1 rw
47 28 0:47 / /mnt/both rw,relatime - fuse.mergerfs a:b rw
48 28 0:48 / /mnt/host rw,relatime - 9p share rw
49 28 0:49 / /mnt/nfs rw,relatime - nfs server:/x rw
50 49 0:50 / /mnt/nfs rw,relatime - tmpfs tmpfs rw
51 28 0:51 / /mnt/back\134slash rw - smb3 //nas/x rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """A list of mounts."""
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/var/cache", False),
        ("/", False),
        ("/home", True),
        ("/home/ann/.cache/suture", True),
        ("/homeless", False),
        ("/home/local/x", False),
        ("/mnt/my films/a.mkv", True),
        ("/mnt/my", False),
        ("/mnt/auto/x", True),
        ("/mnt/far/x", True),
        ("/mnt/stick/x", False),
        ("/mnt/both/x", False),
        ("/mnt/host/x", True),
        ("/mnt/nfs/x", False),
        ("/mnt/back\\slash/x", True),
    ],
)
def test_a_network_file_system_is_known_by_the_longest_mount_point(mounts: Path, path: str, *, network: bool) -> None:
    """Spaces are escaped in the list, a later mount hides an earlier one, a name that only begins alike is another."""
    assert is_network(path, mounts) is network


def test_a_link_leads_to_where_it_points(mounts: Path, tmp_path: Path) -> None:
    """What counts is where the bytes go."""
    link = tmp_path / "link"
    link.symlink_to("/home/ann")
    assert is_network(link / "x", mounts)


def test_without_a_list_of_mounts_nothing_is_a_network(tmp_path: Path) -> None:
    """Other systems have no such list."""
    assert not is_network("/home", tmp_path / "none")


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    """A kernel of the future may add some."""
    path = tmp_path / "mountinfo"
    path.write_text(f"what\n\n1 2 - \n{MOUNTS}")
    assert is_network("/home", path)


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """An absolute XDG_CACHE_HOME counts, a relative one does not."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert jobs_folder() == Path("/somewhere/suture/jobs")
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    assert cache_folder() == Path.home() / ".cache/suture"
