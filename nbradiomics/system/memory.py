"""How much more memory a process can use."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import TransientError

#: Files with the memory limit, use and details of a container, for both versions of control groups; missing
#: files are ignored.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def free_memory() -> int:
    """Bytes that can be allocated without swapping, within the limits of machine, container and process.

    Memory that a container uses to cache files counts as free: the system releases it when needed.
    """
    import psutil

    available: list[int] = [psutil.virtual_memory().available]
    available += [free for group in _GROUPS if (free := _free_in_container(*map(Path, group))) is not None]
    if (free_in_process := _free_in_process()) is not None:
        available.append(free_in_process)
    return max(min(available), 0)


def require_memory(wanted: int, what: str, remedy: str) -> None:
    """Raise `TransientError` if more bytes are needed than are free.

    Parameters
    ----------
    wanted
        Bytes that are needed.
    what
        What needs them: the beginning of a sentence.
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


def _free_in_container(most: Path, used: Path, details: Path) -> int | None:
    try:
        limit = int(most.read_text())  # "max" is not a number: there is no limit
        cached = dict(line.split()[:2] for line in details.read_text().splitlines()).get("inactive_file", "0")
        return limit - int(used.read_text()) + int(cached)
    except (OSError, ValueError):
        return None


def _free_in_process() -> int | None:
    """Bytes free within the limits of the process (`ulimit -v`, `ulimit -d`); ``None`` if it has none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    import psutil

    now = psutil.Process().memory_info()
    limits = [(resource.RLIMIT_AS, now.vms), (resource.RLIMIT_DATA, getattr(now, "data", now.rss))]
    used_of = [(resource.getrlimit(kind)[0], used) for kind, used in limits]
    return min((limit - used for limit, used in used_of if limit != resource.RLIM_INFINITY), default=None)
