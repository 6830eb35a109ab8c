"""The five lines with which a run ends."""

from __future__ import annotations

import pandas as pd

from nbradiomics.agreement.pairs import AUTO_PAIR, INTER
from nbradiomics.cohort import Cohort
from nbradiomics.components import is_component
from nbradiomics.execution import Failure
from nbradiomics.run_folder import RunFolder
from nbradiomics.tables import AUTO, INDEX, read_table


def summarise(
    folder: RunFolder, cohort: Cohort, features: pd.DataFrame, failures: list[Failure]
) -> list[str]:
    """Say in five lines what a run found, from the tables that it left."""
    subjects = cohort.table["subject"].nunique()
    readers = ", ".join(cohort.readers()) or "none"
    measured = len(features.columns) - len(INDEX)
    what = "components" if features["roi"].map(is_component).any() else "masks"
    return [
        f"Cohort: {subjects} subjects, {cohort.table['image'].nunique()} images, readers {readers}.",
        _agreement(folder, failures),
        f"Features: {measured} of each of {len(features)} {what}; {_stable(folder, failures)}.",
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
    found = [f"{name} {dice.median():.3f}" for name, dice in named if dice.notna().any()]
    return f"Median Dice: {', '.join(found) or 'undefined'}{_verdict(folder)}."


def _verdict(folder: RunFolder) -> str:
    """Whether the reader study found the model as good as another reader, where it could ask."""
    file = folder.readers / "tests.csv"
    if not file.is_file():
        return ""
    tests = read_table(file)
    found = tests[(tests["test"] == "non_inferiority") & tests["value"].notna()]
    return "".join(
        f"; difference {row['value']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}], non-inferiority "
        f"{'shown' if str(row['passed']) == 'True' else 'not shown'}"
        for row in found.to_dict("records")
    )


def _stable(folder: RunFolder, failures: list[Failure]) -> str:
    found = []
    for file in sorted(folder.file("reproducibility").glob("*.csv")):
        table = read_table(file)
        found.append(f"{int(table['stable'].sum())} stable ({file.stem})")
    why = _absent("reproducibility", failures, "needs the masks of two readers").rstrip(".")
    return ", ".join(found) or f"reproducibility {why}"


def _outcomes(folder: RunFolder, failures: list[Failure]) -> str:
    found = []
    for file in sorted(folder.file("outcome").glob("*/performance.csv")):
        table = read_table(file)
        models = table[table["metric"] == "harrell_c"]
        values = [
            f"{row.model} {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in models.itertuples()
        ]
        found.append(f"{file.parent.name}: {', '.join(values)}")
    if not found:
        return f"Outcome: {_absent('outcome', failures, 'not part of this run.')}"
    return f"Harrell's C (out of fold): {'; '.join(found)}."
