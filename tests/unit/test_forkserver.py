"""What the fork server loads before it forks."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from suture.forkserver import PRELOADED

LOAD = """
import json, os, sys
before = set(os.listdir("/proc/self/fd"))
from suture import forkserver
for what in json.loads(sys.argv[1]):
    forkserver._load(what)
own = {"suture.__main__", "suture.media.child", "numpy"} & set(sys.modules)
print(json.dumps([len(os.listdir("/proc/self/task")), sorted(set(os.listdir("/proc/self/fd")) - before), sorted(own)]))
"""


def test_all_of_it_is_there() -> None:
    """A module that was renamed would only make every child slower, which nobody would see."""
    assert [name for name in PRELOADED if find_spec(name.partition(":")[0]) is None] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")
def test_it_can_be_forked() -> None:
    """What is loaded starts no thread and opens no file, and is no module that a child runs as its program."""
    argv = [sys.executable, "-c", LOAD, json.dumps(PRELOADED)]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    threads, files, own = json.loads(told)
    assert (threads, own) == (1, [])
    assert files == []
