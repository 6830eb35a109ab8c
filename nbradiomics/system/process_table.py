"""Recognise a process by its machine, its number and its start, from the process table of Linux."""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: Positions of the state and the start of a process in the fields after its name in ``/proc/PID/stat``.
_STATE, _START = 0, 19
#: States of a process that has ended, but whose parent has not yet asked for its exit code.
_ENDED = ("Z", "X", "x")


@cache
def this_machine() -> str:
    """Text that is equal for two processes only if one can see the other in its process table.

    It changes with every start of the machine, and differs between containers. Empty where the system has no
    such table.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except (OSError, ValueError):
        return ""


def started(process: int) -> str:
    """Start of a process of this machine, which differs for a later process of the same number.

    Empty if there is no such process, or if it has ended.
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name of the process, in brackets, may contain anything.
    values = text.rpartition(")")[2].split()
    return "" if len(values) <= _START or values[_STATE] in _ENDED else values[_START]
