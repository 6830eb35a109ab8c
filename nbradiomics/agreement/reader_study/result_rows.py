"""Rows of the table of tests, and the names of the tests."""

from __future__ import annotations

import math
from typing import Any

from nbradiomics.tables import AUTO

#: Names of the tests.
NON_INFERIORITY, DIFFERENCE, WILLIAMS = "non_inferiority", "difference", "williams_index"
#: The analysis of the cases without a failure of the model: an estimate, not a verdict.
SEGMENTED = "difference_segmented_cases"
ADVANTAGE, WINNING_RATE, MEAN_ADVANTAGE = (
    "alt_test_reader",
    "alt_test_winning_rate",
    "alt_test_mean_advantage",
)
NAMES_OF_TESTS = (NON_INFERIORITY, SEGMENTED, DIFFERENCE, WILLIAMS, ADVANTAGE, WINNING_RATE, MEAN_ADVANTAGE)
#: Reason why no test was possible.
NO_CASE = "no case has an automatic mask and two readers' independent masks with a defined value"


def result_row(test: str, sentence: str, *, subject: str = AUTO, **values: Any) -> dict[str, Any]:
    """Return the row of a result; values that are not given are missing."""
    numbers = dict.fromkeys(
        ("epsilon", "value", "reference_value", "low", "high", "p", "p_adjusted"), math.nan
    )
    return {
        **numbers,
        "passed": None,
        "n": 0,
        "test": test,
        "subject_of_test": subject,
        "sentence": sentence,
    } | values
