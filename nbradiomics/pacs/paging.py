"""Read all answers of a search, page by page, and notice a server that holds answers back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbradiomics.errors import InputError
from nbradiomics.pacs.answers import Answer, uid

#: Answers that are asked for at once; a server may give fewer.
PAGE = 500


@dataclass(frozen=True)
class Page:
    """Answers of one request.

    Attributes
    ----------
    answers
        The answers.
    more
        Whether the server says that there are more.
    """

    answers: list[Answer]
    more: bool = False


def all_answers(
    ask: Callable[[int, int], Page], tag: str, *, expected: int | None = None, size: int = PAGE
) -> dict[str, Answer]:
    """Read all answers of a search.

    The number of answers on a page says nothing about whether there are more, as servers have limits of their
    own: the next page is asked for until one is empty.

    Parameters
    ----------
    ask
        Returns a page for the largest number of answers and the number of answers before it.
    tag
        Tag of the UID that identifies an answer.
    expected
        Number of answers, if it is known: no further page is asked for when they are there.
    size
        Answers that are asked for at once.

    Returns
    -------
    dict
        Answers by their UIDs, in the order of the server.

    Raises
    ------
    InputError
        When the server says that there are more answers than it gives, or gives the same page again although
        it was full.
    """
    found: dict[str, Answer] = {}
    offset = 0
    while True:
        page = ask(size, offset)
        new = {uid(answer, tag): answer for answer in page.answers}
        is_repeated = new.keys() <= found.keys()
        if is_repeated and (page.more or (page.answers and len(page.answers) == size)):
            raise InputError(
                f"The server gives {len(found)} results of a search, has more, and does not give the others.",
                "Search for less at once: fewer days or fewer patients.",
            )
        if is_repeated:
            return found
        found.update(new)
        offset += len(page.answers)
        if expected is not None and len(found) >= expected and not page.more:
            return found
