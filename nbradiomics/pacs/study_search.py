"""Search for studies in a way that notices a server that gives only some of them and does not say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from nbradiomics.pacs.answers import Answer, value

#: Searches for the studies from a first to a last day; ``None`` for no limit.
Search = Callable[[date | None, date | None], dict[str, Answer]]
_Days = tuple[date | None, date | None]

_STUDY_DATE = "00080020"
_DAY = timedelta(days=1)


@dataclass
class StudiesFound:
    """Studies of a search.

    Attributes
    ----------
    answers
        By their UIDs.
    most
        Largest number of studies of a search of which the server held some back; 0 if it gave all.
    by_day
        Numbers of studies of the days that were searched one by one.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    most: int = 0
    by_day: dict[date, int] = field(default_factory=dict)

    @property
    def full_days(self) -> list[date]:
        """Days with as many studies as the server gives: it may hold back more of them."""
        return sorted(day for day, number in self.by_day.items() if number >= self.most > 0)


def find_studies(search: Search, first: date | None, last: date | None) -> StudiesFound:
    """Search for studies, and search again in parts of the time to see whether there are more.

    If a server returns only some of the studies, at least one part of the time has more than it showed, and
    the parts are searched in the same way, to single days. The parts are chosen so that each holds fewer
    studies than were found, so that the limit of the server leaves room for others in at least one.

    Parameters
    ----------
    search
        The search.
    first, last
        First and last day; ``None`` for no limit.
    """
    found = StudiesFound()
    _search_parts(search, (first, last), search(first, last), found)
    return found


def _search_parts(search: Search, days: _Days, answers: dict[str, Answer], found: StudiesFound) -> None:
    found.answers.update(answers)
    if days[0] is not None and days[0] == days[1]:
        return
    parts = [(part, search(*part)) for part in _parts(answers, *days)]
    for (first, last), those in parts:
        if first is not None and first == last:
            found.by_day[first] = len(those)
    if all(those.keys() <= answers.keys() for _, those in parts):
        return
    found.most = max(found.most, len(answers))
    for part, those in parts:
        _search_parts(search, part, those, found)


def _parts(answers: dict[str, Answer], first: date | None, last: date | None) -> list[_Days]:
    """Parts of the time; nothing for fewer than two studies, of which no server holds back others."""
    days = sorted(day for day in map(study_day, answers.values()) if day is not None)
    if len(days) < 2:
        return []
    if days[0] < days[-1]:
        middle = max(day for day in days[: len(days) // 2 + 1] if day < days[-1])
        return [(first, middle), (middle + _DAY, last)]
    day = days[0]
    before: list[_Days] = [] if first == day else [(first, day - _DAY)]
    after: list[_Days] = [] if last == day else [(day + _DAY, last)]
    return [*before, (day, day), *after]


def study_day(answer: Answer) -> date | None:
    """Study Date of an answer; ``None`` if it has none."""
    try:
        day = date.fromisoformat(value(answer, _STUDY_DATE))
    except ValueError:
        return None
    return day if date.min < day < date.max else None
