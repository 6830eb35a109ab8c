"""Recognise dates as spreadsheets and databases write them."""

from __future__ import annotations

import re
from datetime import datetime

import pandas as pd

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}.*)?"
_DATE = re.compile(
    # Not year and month with a point: `1003.0` is a number.
    rf"(?:\d{{4}}[-/]\d{{1,2}}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})"
    rf"|\d{{1,2}}[-/. ]?{_MONTH}[-/., ]*(?:\d{{4}}|\d{{2}})?|{_MONTH}[ -]\d{{1,2}},? \d{{4}}"
    rf"|{_MONTH}[-/ ](?:\d{{4}}|\d{{2}})){_CLOCK}",
    re.IGNORECASE | re.ASCII,
)
_YEARS = range(1900, 2101)


def is_date(text: str) -> bool:
    """Whether a cell is a date: ``2020-01-31``, ``31.01.2020``, ``1/31/20``, ``31-Jan-2020``."""
    return _DATE.fullmatch(text) is not None


def are_digits_of_dates(texts: pd.Series) -> bool:
    """Whether all cells are dates of eight digits, as DICOM writes them (``20200131``)."""
    return bool(len(texts) and texts.map(_is_eight_digits).all())


def _is_eight_digits(text: str) -> bool:
    if re.fullmatch(r"\d{8}", text, re.ASCII) is None:
        return False
    try:
        return datetime.strptime(text, "%Y%m%d").year in _YEARS
    except ValueError:
        return False
