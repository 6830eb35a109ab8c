"""Run transfers in several threads: they wait for the network, not for the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.executors.protocol import Cases

Result = TypeVar("Result")


@dataclass(frozen=True)
class Threads:
    """Computes cases in threads of this process; an `Executor`.

    Attributes
    ----------
    number
        Number of threads.
    stop
        Called when the caller stops before the end, to end the transfers that have begun.
    """

    number: int
    stop: Callable[[], None] = lambda: None

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`; if the caller stops, transfers that have not begun are cancelled."""
        pool = ThreadPoolExecutor(self.number)
        try:
            names = {pool.submit(guarded, function, stage, name, case): name for name, case in cases.items()}
            for future in as_completed(names):
                yield names.pop(future), future.result()
        except BaseException:
            self.stop()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
