"""Progress of the folds of a training: each fold writes a small file, and one thread reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from typing_extensions import TypedDict

from nbradiomics.execution.progress import Progress
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed

_WHAT = "how far a fold is"
_PAUSE = 0.5  # seconds between two checks


class Trace(NamedTuple):
    """Progress of a fold.

    Attributes
    ----------
    epochs
        Number of finished epochs.
    seconds
        Duration of the finished epochs, without interruptions.
    epoch_seconds
        Duration of an epoch, estimated from its first iterations; ``None`` until they are measured.
    """

    epochs: int = 0
    seconds: float = 0.0
    epoch_seconds: float | None = None


class _Written(TypedDict):
    epochs: int
    seconds: float
    epoch_seconds: float | None


def write_trace(trace: Trace, path: Path) -> None:
    """Write the progress of a fold completely or not at all."""
    write_sealed(path, _WHAT, trace._asdict())


def read_trace(path: Path) -> Trace:
    """Read the progress of a fold; nothing done if it is unknown."""
    try:
        return Trace(**read_sealed(path, _WHAT, _Written))
    except (OSError, BrokenSealError):
        return Trace()


@contextmanager
def watched(
    traces: Mapping[str, Path],
    epochs: int,
    progress: Progress,
    measured: Callable[[str, float], None],
) -> Iterator[None]:
    """Show the epochs of all folds during the training.

    Parameters
    ----------
    traces
        File of each fold's progress, by the name of the fold.
    epochs
        Epochs of each fold.
    progress
        Progress display; its steps are epochs, without those of earlier sessions.
    measured
        Called once with a fold and the seconds of an epoch, as soon as the first fold has measured them.
    """
    before = sum(read_trace(path).epochs for path in traces.values())
    with progress("train", len(traces) * epochs - before) as advance:
        stop = threading.Event()
        watch = _Watch(traces, before, advance, measured)
        thread = threading.Thread(target=watch.until, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            watch.look()


class _Watch:
    def __init__(
        self,
        traces: Mapping[str, Path],
        shown: int,
        advance: Callable[[], None],
        measured: Callable[[str, float], None],
    ) -> None:
        self.traces, self.shown, self.advance = traces, shown, advance
        self.measured: Callable[[str, float], None] | None = measured

    def until(self, stop: threading.Event) -> None:
        while not stop.wait(_PAUSE):
            self.look()

    def look(self) -> None:
        found = {name: read_trace(path) for name, path in self.traces.items()}
        for _ in range(sum(trace.epochs for trace in found.values()) - self.shown):
            self.advance()
            self.shown += 1
        for name, trace in found.items():
            if self.measured is not None and trace.epoch_seconds is not None:
                self.measured(name, trace.epoch_seconds)
                self.measured = None
