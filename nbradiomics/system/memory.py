"""How much memory a process may still take."""

from __future__ import annotations

from pathlib import Path

import psutil

from nbradiomics.errors import TransientError

#: What a container may use and does use, by the two versions of control groups; a file that is not there says
#: nothing.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def free_memory() -> int:
    """Bytes that can still be had without swapping: of the machine, of the container and of the process.

    Of a container, what its caches of files take counts as free: it is given back when it is needed.
    """
    left: list[int] = [psutil.virtual_memory().available]
    left += [found for group in _GROUPS if (found := _left_in(*map(Path, group))) is not None]
    if (of_process := _left_of_process()) is not None:
        left.append(of_process)
    return max(min(left), 0)


def require_memory(wanted: int, what: str, remedy: str) -> None:
    """Raise `TransientError` where more bytes are wanted than are free.

    Parameters
    ----------
    wanted
        Bytes.
    what
        What takes them: the beginning of a sentence.
    remedy
        What the user can choose instead.
    """
    free = free_memory()
    if wanted > free:
        raise TransientError(
            f"{what}, which takes about {_gigabytes(wanted)} of memory; {_gigabytes(free)} are free.", remedy
        )


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:,.3g} GB" if number < 1e12 else f"{number / 1e9:,.0f} GB"


def _left_in(most: Path, used: Path, details: Path) -> int | None:
    try:
        limit = int(most.read_text())  # "max" is no number: no limit
        cached = dict(line.split()[:2] for line in details.read_text().splitlines()).get("inactive_file", "0")
        return limit - int(used.read_text()) + int(cached)
    except (OSError, ValueError):
        return None


def _left_of_process() -> int | None:
    """What limits of the process leave (`ulimit -v`, `ulimit -d`); ``None`` where there are none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    now = psutil.Process().memory_info()
    limits = [(resource.RLIMIT_AS, now.vms), (resource.RLIMIT_DATA, getattr(now, "data", now.rss))]
    given = [(resource.getrlimit(kind)[0], used) for kind, used in limits]
    return min((limit - used for limit, used in given if limit != resource.RLIM_INFINITY), default=None)
