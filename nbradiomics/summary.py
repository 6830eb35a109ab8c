"""The five lines with which a run ends."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nbradiomics.agreement.pairs import AUTO_PAIR, INTER
from nbradiomics.cohort import Cohort
from nbradiomics.execution import Failure
from nbradiomics.run_folder import RunFolder
from nbradiomics.tables import AUTO, INDEX, read_table
from nbradiomics.wording import against, concordance, interval, ratio, signed


def summarise(
    folder: RunFolder, cohort: Cohort, features: pd.DataFrame, failures: list[Failure]
) -> list[str]:
    """Say in five lines what a run found, from the tables that it left."""
    subjects = cohort.table["subject"].nunique()
    readers = ", ".join(cohort.readers()) or "none"
    measured = len(features.columns) - len(INDEX)
    return [
        f"Cohort: {subjects} subjects, {cohort.table['image'].nunique()} images, readers {readers}.",
        _agreement(folder, failures),
        f"Features: {measured} of each of {len(features)} masks; {_stable(folder)}.",
        _outcomes(folder, failures),
        f"Failures: {len(failures)}" + (f" (listed in {folder.file('failures.csv')})." if failures else "."),
    ]


def _absent(stage: str, failures: list[Failure], otherwise: str) -> str:
    """Why a stage left nothing: it failed, or `otherwise`."""
    causes = [failure.cause for failure in failures if failure.stage == stage]
    return f"could not be done: {causes[0]}" if causes else otherwise


def _agreement(folder: RunFolder, failures: list[Failure]) -> str:
    file = folder.file("agreement.csv")
    if not file.is_file():
        return f"Agreement: {_absent('compare', failures, 'needs the masks of two readers.')}"
    table = read_table(file)
    auto = table[(table["pair"] == AUTO_PAIR) & (table["reader"] == AUTO)]["dice"]
    between = table[table["pair"] == INTER]["dice"]
    named = [("auto against readers", auto), ("between readers", between)]
    found = [f"{name} {ratio(dice.median(), 3)}" for name, dice in named if dice.notna().any()]
    return f"Median Dice: {', '.join(found) or 'undefined'}{_verdict(folder)}."


def _verdict(folder: RunFolder) -> str:
    """Whether the reader study found the model as good as another reader, where it could ask."""
    file = folder.readers / "tests.csv"
    if not file.is_file():
        return ""
    tests = read_table(file)
    found = tests[(tests["test"] == "non_inferiority") & tests["value"].notna()]
    return "".join(
        f"; difference {_difference(row)}, non-inferiority "
        f"{'shown' if str(row['passed']) == 'True' else 'not shown'}"
        for row in found.to_dict("records")
    )


def _difference(row: Mapping[Hashable, Any]) -> str:
    form = against(signed, 0, row["reference_value"])
    return interval(row["value"], row["low"], row["high"], digits=3, form=form)


def _stable(folder: RunFolder) -> str:
    found = []
    for file in sorted(folder.file("reproducibility").glob("*.csv")):
        table = read_table(file)
        found.append(f"{int(table['stable'].sum())} stable ({file.stem})")
    return ", ".join(found) or "reproducibility needs the masks of two readers"


def _outcomes(folder: RunFolder, failures: list[Failure]) -> str:
    found = []
    for file in sorted(folder.file("outcome").glob("*/performance.csv")):
        table = read_table(file)
        models = table[table["metric"] == "harrell_c"]
        values = [
            f"{row['model']} {interval(row['value'], row['low'], row['high'], form=concordance)}"
            for row in models.to_dict("records")
        ]
        found.append(f"{file.parent.name}: {', '.join(values)}")
    if not found:
        return f"Outcome: {_absent('outcome', failures, 'not part of this run.')}"
    return f"Harrell's C (out of fold): {'; '.join(found)}."
