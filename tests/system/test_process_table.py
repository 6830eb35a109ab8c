"""A process is recognised by number and start; one that has ended, also before it was waited for, is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbradiomics.system.process_table import started, this_machine

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs the table of Linux")


def test_a_process_has_one_start_as_long_as_it_lives() -> None:
    assert this_machine() == this_machine() != ""
    assert started(os.getpid()) == started(os.getpid()) != ""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert started(other.pid) not in ("", started(os.getpid()))
        other.kill()
        until = time.monotonic() + 10
        while started(other.pid) and time.monotonic() < until:
            time.sleep(0.01)
        assert started(other.pid) == ""  # not waited for yet: a zombie
    assert started(other.pid) == ""
    assert started(2**22 + 1) == ""
