"""Which limits of a rule make sense: they keep the reproducible features and lie in the range of a column."""

from __future__ import annotations

#: Statistics of which small values are good; of all others, large values are.
SMALL_IS_GOOD = ("wcv", "qcd", "rc_log")
#: Columns that are ratios of two measurements: 1 without any difference.
_RATIOS = ("rc_log",)
#: A p value above a limit shows no agreement: few subjects, or a large error, also have one.
TESTS = ("proportional_p",)


def require_sensible(rule: str, column: str, sign: str, limit: float) -> None:
    """Refuse a rule that would keep the wrong features, all of them or none.

    Parameters
    ----------
    rule
        The rule as written.
    column, sign, limit
        Its parts.

    Raises
    ------
    ValueError
        When the comparison keeps the features that are less reproducible, or the limit is not in the range of
        the column. The message says what was expected.
    """
    small = column.startswith(SMALL_IS_GOOD)
    wanted = "<" if small else ">"
    if not sign.startswith(wanted):
        raise ValueError(
            f"{rule!r} keeps the features that are less reproducible: a {'small' if small else 'large'} "
            f"{column} is good; write {wanted} or {wanted}="
        )
    if column.startswith(_RATIOS):
        if limit < 1:
            raise ValueError(f"{rule!r}: {column} is a ratio of two measurements, 1 or more")
        return
    if limit > 1 or (small and limit < 0):
        raise ValueError(
            f"{rule!r}: {limit:g} is no limit for {column}; a number from 0 to 1 was expected, such as 0.1 "
            "for 10 %"
        )
