"""The interface of executors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from nbradiomics.execution.batch import Failure

Result = TypeVar("Result")
#: Arguments of each call by the name of its case. They may be made at each access, to save memory.
Cases = Mapping[str, tuple[Any, ...]]


class Executor(Protocol):
    """Computes cases. To use another kind of machine, implement this protocol."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """Call a function on each case; yield its name and result or failure as they come, in any order.

        Parameters
        ----------
        function
            Importable from a module, so that another process can call it.
        cases
            Arguments of each call by the name of its case.
        stage
            Name of the stage, for failures.
        """
        ...
