"""Runs of a study that are killed at random moments, without the time to load Python each time.

A process that has loaded everything forks; the child makes the run and is killed. Start it as
``python -m tests.support.forked_runs STUDY OUT KILLS SEED``; it prints the number of kills before each end.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.support.run_files import hidden, tables


def child(study: Path, out: Path) -> int:
    """Start a serial run in a child process; its identifier."""
    from nbradiomics.workflows.run import run

    number = os.fork()
    if number == 0:
        try:
            run(study, out)
            out.with_name("loaded.txt").write_text("\n".join(sys.modules))
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return number


def finish(number: int, seconds: float | None) -> int:
    """Exit code of a child; it is killed after some seconds, unless ``None``: then it may end."""
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(number, 0 if until is None else os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if until is not None and time.monotonic() > until:
            os.kill(number, signal.SIGKILL)
            until = None
        time.sleep(0.002)


def load(modules: list[str]) -> None:
    """Import what a run imports, so that the next ones spend their time on the study."""
    for name in modules:
        if name.partition(".")[0] not in ("__main__", "tests"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def main(study: Path, out: Path, kills: int, seed: int) -> None:
    """Kill runs, let the last one end, and compare its tables with those of an undisturbed run."""
    whole = out.with_name("whole")
    assert finish(child(study, whole), None) == 0
    load((out.with_name("loaded.txt")).read_text().splitlines())
    shutil.rmtree(whole)
    begun = time.monotonic()
    assert finish(child(study, whole), None) == 0
    took, expected = time.monotonic() - begun, tables(whole)
    draw, done, here = random.Random(seed), 0, 0
    counts = []
    while True:
        code = finish(child(study, out), draw.uniform(0, took) if done < kills else None)
        if code == -signal.SIGKILL:
            done, here = done + 1, here + 1
            continue
        assert code == 0, (seed, done, code)
        assert tables(out) == expected, (seed, done)
        assert hidden(out) == [], (seed, done, hidden(out))
        counts.append(here)
        if done >= kills:
            break
        here = 0
        shutil.rmtree(out)
    sys.stdout.write(f"{took:.1f} s for a run; kills before each end: {counts}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
