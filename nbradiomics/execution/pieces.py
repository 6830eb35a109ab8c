"""Pieces of one case, computed in several threads.

Every piece is computed by the same code as with one thread, and results and errors come in the order of the
pieces: nothing but the time depends on the number of threads. Kernels, NumPy, SciPy and ITK release Python's
lock while they compute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, Generic, Protocol, TypeVar

from nbradiomics.errors import InputError


class _Divisible(Protocol):
    """A list or an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Any: ...


Item = TypeVar("Item")
Items = TypeVar("Items", bound=_Divisible)
Result = TypeVar("Result")
#: Voxels of a region from which several threads save time in steps that take one look at each.
WORTH = 20_000
#: Pieces for each thread that may be done before the result of an earlier one is taken.
_AHEAD = 4
#: What a signal raises.
_SIGNALS = (KeyboardInterrupt, SystemExit)


@contextmanager
def working_threads(number: int | None) -> Iterator[None]:
    """Let `in_order` and `in_parts` use so many threads inside the block.

    Parameters
    ----------
    number
        Threads, this one included; ``None`` keeps the number, which is 1 outside of any block.

    Raises
    ------
    InputError
        When the number is less than 1.
    """
    if number is None:
        yield
        return
    if number < 1:
        raise InputError(f"threads is {number}.", "Give a whole number from 1 up.")
    crew = _Crew(number)
    place = _place.set(_Place(crew) if number > 1 else None)
    try:
        yield
    finally:
        _place.reset(place)
        crew.end()


def threads() -> int:
    """Return the number of threads that compute the pieces of this case."""
    place = _place.get()
    return 1 if place is None else place.crew.number


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Call a function for each item, in several threads if the case may use them.

    Parameters
    ----------
    function
        May call this function itself.
    items
        Arguments; no piece depends on another.

    Yields
    ------
    Result
        In the order of the items. The first error in this order is raised, as with one thread; the pieces
        that are still at work are then awaited.
    """
    place = _place.get()
    pieces = items if isinstance(items, Sequence) else list(items)
    if place is None or len(pieces) < 2:
        yield from map(function, pieces)
        return
    batch = _Batch(function, pieces, place)
    place.crew.open(batch)
    try:
        for number in range(len(pieces)):
            yield place.crew.outcome(batch, number).result()
    except _SIGNALS:
        place.crew.interrupt()
        raise
    finally:
        place.crew.close(batch)


def in_parts(
    function: Callable[[Items], Iterable[Result]], items: Items, *, worth: bool = True
) -> list[Result]:
    """Call a function for all items, or in several threads for consecutive parts of them.

    Parameters
    ----------
    function
        Returns a result for each item of a part, which depends on this item alone.
    items
        What is divided.
    worth
        Whether the work is so large that several threads save time.
    """
    number = min(threads(), len(items)) if worth else 1
    if number < 2:
        return list(function(items))
    bounds = [len(items) * part // number for part in range(number + 1)]
    parts = [items[low:high] for low, high in pairwise(bounds)]
    return list(chain.from_iterable(in_order(function, parts)))


class once(Generic[Result]):  # noqa: N801 - used as a decorator, like `cached_property`
    """A property that is computed once for an object, also if several threads need it at the same time.

    `functools.cached_property` of Python 3.11 has one lock for all objects, and later ones have none. The
    function may not use `in_order`: a thread that waits would hold the lock.
    """

    def __init__(self, function: Callable[[Any], Result]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, _owner: type | None = None) -> Result:
        values = vars(instance)
        with values.setdefault(f"lock of {self._name}", threading.RLock()):
            if self._name not in values:
                values[self._name] = self._function(instance)
        result: Result = values[self._name]
        return result


class _Ended(BaseException):
    """The work was stopped: no result of this piece is needed any more."""


@dataclass(frozen=True)
class _Outcome:
    """Result or error of a piece."""

    value: Any = None
    error: BaseException | None = None

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(frozen=True)
class _Place:
    """Where a thread is: its crew, and the batch to which its present piece belongs."""

    crew: _Crew
    batch: _Batch | None = None


_place: ContextVar[_Place | None] = ContextVar("place among the pieces of a case", default=None)


@dataclass(eq=False)
class _Batch:
    """Pieces that one caller needs; everything that changes is guarded by the crew's lock.

    Attributes
    ----------
    outcomes
        Outcomes that were not taken yet, by the number of the piece.
    begun, taken
        Number of pieces that were begun, and whose outcome was taken.
    running
        Pieces at work, each with the thread that computes it.
    failed
        Whether a piece failed: later ones are not begun.
    closed
        Whether the caller needs no outcome any more.
    """

    function: Callable[[Any], Any]
    pieces: Sequence[Any]
    place: _Place
    context: Context = field(default_factory=copy_context)
    outcomes: dict[int, _Outcome] = field(default_factory=dict)
    begun: int = 0
    taken: int = 0
    running: dict[int, int] = field(default_factory=dict)
    failed: bool = False
    closed: bool = False

    def __post_init__(self) -> None:
        outer = self.place.batch
        self.depth: int = 0 if outer is None else outer.depth + 1

    @property
    def needless(self) -> bool:
        """Whether the outcomes of this batch, or those of the piece that needs them, are not needed."""
        outer = self.place.batch
        return self.closed or (outer is not None and outer.needless)

    @property
    def has_work(self) -> bool:
        """Whether a piece may be begun."""
        ahead = self.taken + _AHEAD * self.place.crew.number
        return not (self.failed or self.closed) and self.begun < min(len(self.pieces), ahead)

    def compute(self, number: int) -> _Outcome:
        """Compute a piece in the caller's context, such as NumPy's handling of errors."""
        context = self.context.copy()
        context.run(_place.set, _Place(self.place.crew, self))
        try:
            return _Outcome(context.run(self.function, self.pieces[number]))
        except BaseException as error:
            return _Outcome(error=error)


class _Crew:
    """Threads that share pieces; the threads are started for the first batch.

    A thread that waits for an outcome begins other pieces meanwhile: of its own batch, or of batches deeper
    inside. So only a thread without a piece, or the caller, begins an outermost piece, and as many of these
    are at work as there are threads: each has a filtered image in memory.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        # The lock itself is entered, because a signal can interrupt the entry of a condition.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._batches: list[_Batch] = []
        self._threads: list[threading.Thread] = []
        self._ended = False
        #: The thread of the case. If it is interrupted, it may lose a piece that it had begun.
        self._owner = threading.get_ident()
        self._interrupted = False

    def open(self, batch: _Batch) -> None:
        """Offer the pieces of a batch."""
        with self._lock:
            while len(self._threads) < self.number - 1:
                # A thread that is left behind must not keep the process from ending.
                self._threads.append(threading.Thread(target=self._help, daemon=True))
                self._threads[-1].start()
            self._batches.append(batch)
            self._changed.notify_all()

    def outcome(self, batch: _Batch, number: int) -> _Outcome:
        """Return the outcome of a piece, and compute pieces until it is there."""
        while True:
            with self._lock:
                while number not in batch.outcomes:
                    if self._ended or batch.needless:
                        raise _Ended
                    begun = self._begin(batch.depth, batch)
                    if begun is not None:
                        break
                    self._changed.wait()
                else:
                    batch.taken = number + 1
                    self._changed.notify_all()
                    return batch.outcomes.pop(number)
            self._compute(*begun)

    def close(self, batch: _Batch) -> None:
        """Begin no further piece of a batch, and await those at work in other threads."""
        with self._lock:
            batch.closed = True
            self._batches.remove(batch)
            self._changed.notify_all()
            while set(batch.running.values()) - self._not_awaited():
                self._changed.wait()

    def interrupt(self) -> None:
        """Begin no further piece at all, if the thread of the case was interrupted."""
        with self._lock:
            if self._is_owner():
                self._ended = self._interrupted = True
                self._changed.notify_all()

    def _is_owner(self) -> bool:
        return threading.get_ident() == self._owner

    def end(self) -> None:
        """End the threads."""
        with self._lock:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _not_awaited(self) -> set[int]:
        return {threading.get_ident(), self._owner if self._interrupted else 0}

    def _begin(self, depth: int = -1, own: _Batch | None = None) -> tuple[_Batch, int] | None:
        """Begin a piece, if there is one: of a batch deeper inside first, so that its image is done soon."""
        batches = [one for one in self._batches if one.has_work and (one.depth > depth or one is own)]
        if not batches:
            return None
        batch = max(batches, key=lambda one: one.depth)
        number = batch.begun
        batch.begun += 1
        batch.running[number] = threading.get_ident()
        return batch, number

    def _compute(self, batch: _Batch, number: int) -> None:
        outcome = batch.compute(number)
        # Signals reach one thread, that of the case, whatever piece it computes; the others learn the end.
        signalled = isinstance(outcome.error, _SIGNALS) and self._is_owner()
        with self._lock:
            batch.outcomes[number] = _Outcome(error=_Ended()) if signalled else outcome
            del batch.running[number]
            batch.failed |= outcome.error is not None
            self._changed.notify_all()
        if signalled and outcome.error is not None:
            self.interrupt()
            raise outcome.error

    def _help(self) -> None:
        """Compute pieces until the end; what goes wrong in a piece is its outcome."""
        while True:
            with self._lock:
                while (begun := None if self._ended else self._begin()) is None:
                    if self._ended:
                        return
                    self._changed.wait()
            self._compute(*begun)


@dataclass(frozen=True)
class WithThreads(Generic[Result]):
    """A function that is called with so many threads; it can be sent to another process.

    Attributes
    ----------
    function
        Importable from a module.
    number
        Threads of one call.
    """

    function: Callable[..., Result]
    number: int

    def __call__(self, *arguments: Any) -> Result:
        """Call the function."""
        with working_threads(self.number):
            return self.function(*arguments)
