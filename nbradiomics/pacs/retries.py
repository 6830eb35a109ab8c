"""Ask again after errors that may pass, a bounded number of times."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nbradiomics.errors import InputError
from nbradiomics.pacs.refusals import CutOffError, DeniedError, PassingError

Answer = TypeVar("Answer")

#: So many requests in a row without an answer mean that the server is gone.
_GIVE_UP = 10
#: What the user is told when a transfer gave up.
ENDED = (
    "The server no longer answers, and the transfer ended early. Run the same command again: it continues."
)


@dataclass
class Retries:
    """Asks again after errors that may pass; shared by all threads that use a server.

    Once a request has had no answer for good, each further one of its kind is tried only once until one
    succeeds. After ten in a row no more is sent; and at once when the server refuses the credentials, because
    it might lock the account.

    Attributes
    ----------
    attempts
        Largest number of attempts for a request.
    first_wait, longest_wait
        Seconds before the second attempt, doubled before each further one, and the largest such number. A
        server may ask for a longer wait, up to ten times `longest_wait`.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 30.0
    _lost: Counter[str] = field(default_factory=Counter)
    _end: InputError | None = None
    _stopped: threading.Event = field(default_factory=threading.Event, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask(self, request: Callable[[], Answer], kind: str) -> Answer:
        """Return what a request returns.

        Parameters
        ----------
        request
            The request.
        kind
            Kind of request: a server that answers searches may give no images.

        Raises
        ------
        PassingError
            When the last attempt failed.
        InputError
            As raised by the request, or when the server is gone or refused the credentials before.
        """
        attempts = 1 if self._lost[kind] else self.attempts
        for left in reversed(range(attempts)):
            if self._end is not None:
                raise InputError(self._end.problem, self._end.remedy)
            try:
                answer = request()
            except PassingError as error:
                if not left:
                    self._note_lost(kind, error)
                    raise
                self._stopped.wait(self._seconds(attempts - left - 1, error))
            except DeniedError as error:
                self._end = error
                raise
            else:
                self._lost[kind] = 0
                return answer
        raise AssertionError("at least one attempt is made")

    @property
    def gave_up(self) -> bool:
        """Whether no more is sent: the server is gone, or refused the credentials."""
        return self._end is not None

    def stop(self) -> None:
        """End all waiting and all transfers: the user stops the work."""
        self._end = InputError("The transfer was stopped.", "Run the command again: it continues.")
        self._stopped.set()

    def unless_stopped(self, piece: bytes) -> bytes:
        """Return a piece of a transfer.

        Raises
        ------
        InputError
            When the user has stopped the work.
        """
        if self._stopped.is_set() and self._end is not None:
            raise InputError(self._end.problem, self._end.remedy)
        return piece

    def _seconds(self, attempt: int, error: PassingError) -> float:
        """Seconds to wait after an attempt, counted from 0."""
        if error.wait is not None:
            return min(error.wait, 10 * self.longest_wait)
        return min(self.first_wait * 2.0**attempt, self.longest_wait)

    def _note_lost(self, kind: str, error: PassingError) -> None:
        """Count a request without an answer; a file that is cut off is an answer."""
        if isinstance(error, CutOffError):
            return
        with self._guard:
            self._lost[kind] += 1
            if self._lost[kind] >= _GIVE_UP:
                self._end = error
