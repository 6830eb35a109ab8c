"""Progress bars on a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

BAR = """
import sys
from nbradiomics.cli.console import bars
with bars("extract", 3) as advance:
    for _ in range(3):
        print("a library's words", file=sys.stderr)
        advance()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
def test_a_bar_on_a_terminal_ends() -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", BAR], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"3/3" in shown
    assert b"a library's words" in shown
