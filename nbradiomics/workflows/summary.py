"""The five summary lines at the end of a run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.agreement.pairs import AUTO_PAIR, INTER
from nbradiomics.agreement.reader_study.agreement_table import READERS
from nbradiomics.agreement.reader_study.result_rows import NON_INFERIORITY
from nbradiomics.agreement.reader_study.schemas import SUMMARY, TESTS
from nbradiomics.cohort import Cohort
from nbradiomics.cohort.components import is_component
from nbradiomics.execution.batch import Failure
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.messages.wording import ORDER_NAMES, against, concordance, counted, interval, ratio, signed
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.report.processing_page import survivors
from nbradiomics.reproducibility import combined_sentences, stable_text
from nbradiomics.reproducibility.processing.schema import PROCESSING
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.external import VALIDATION, parts_of_case
from nbradiomics.tables import extracted_columns
from nbradiomics.workflows.folder import RunFolder, is_run_file


def summarise(
    folder: RunFolder, cohort: Cohort, features: pd.DataFrame, failures: list[Failure]
) -> list[str]:
    """Summarise the results of a run in five lines, from the tables that it wrote."""
    subjects = cohort.table["subject"].nunique()
    readers = ", ".join(cohort.readers()) or "none"
    measured = len(extracted_columns(features))
    unit = "components" if features["roi"].map(is_component).any() else "masks"
    return [
        f"Cohort: {subjects} subjects, {cohort.table['image'].nunique()} images, readers {readers}.",
        _agreement(folder, failures),
        f"Features: {measured} for each of {len(features)} {unit}; {_stable(folder, failures)}.",
        _outcomes(folder, failures),
        f"Failures: {len(failures)}" + (f" (listed in {folder.file('failures.csv')})." if failures else "."),
    ]


def _absent(stage: str, failures: list[Failure], otherwise: str) -> str:
    """Explain why a stage has no results: it failed, or `otherwise`."""
    causes = [failure.cause for failure in failures if failure.stage == stage]
    return f"could not be done: {causes[0]}" if causes else otherwise


def _agreement(folder: RunFolder, failures: list[Failure]) -> str:
    file = folder.file("agreement.csv")
    if not file.is_file():
        return f"Agreement: {_absent('compare', failures, 'needs the masks of two readers.')}"
    cases = folder.readers / "summary.csv"
    medians = _medians_of_cases(SUMMARY.read(cases)) if cases.is_file() else []
    return f"{_left_out(folder)}Median Dice: {', '.join(medians) or 'undefined'}{_verdict(folder)}."


def _medians_of_cases(table: pd.DataFrame) -> list[str]:
    """Return the medians over cases, after averaging the pairs of each case, as in the report."""
    dice = table[(table["metric"] == "dice") & (table["reference"] == READERS) & (table["n"] > 0)]
    names = {AUTO_PAIR: "auto against readers", INTER: "between readers"}
    medians = dict(zip(dice["pair"], dice["median"], strict=True))
    return [f"{name} {ratio(medians[pair], 3)}" for pair, name in names.items() if pair in medians]


def _verdict(folder: RunFolder) -> str:
    """Return the result of the non-inferiority test, if there is one."""
    file = folder.readers / "tests.csv"
    if not file.is_file():
        return ""
    tests = TESTS.read(file)
    tested = tests[(tests["test"] == NON_INFERIORITY) & tests["value"].notna()]
    return "".join(
        f"; mean paired difference {_difference(row)}, non-inferiority "
        f"{'shown' if str(row['passed']) == 'True' else 'not shown'}"
        for row in tested.to_dict("records")
    )


def _difference(row: Mapping[Hashable, Any]) -> str:
    form = against(signed, 0, row["reference_value"])
    return interval(row["value"], row["low"], row["high"], digits=3, form=form)


def _left_out(folder: RunFolder) -> str:
    """Report subjects excluded from the comparison with the model, and cases in which the model failed."""
    file = folder.readers / "summary.json"
    record = read_own_json(file) if file.is_file() else {}
    texts = []
    if record.get("in_training"):
        amount = record["in_training"]
        texts.append(
            f"{counted(amount, 'subject')} left out, because the model was trained on {_pronoun(amount)}"
        )
    if record.get("in_training_not_known"):
        amount = record["in_training_not_known"]
        texts.append(f"it is not known whether the model was trained on {counted(amount, 'subject')}")
    if record.get("missing") or record.get("empty"):
        texts.append(
            f"{counted(record['missing'], 'case')} without an automatic mask to compare, {record['empty']} "
            "with an empty one"
        )
    return f"{'; '.join(texts)}. " if texts else ""


def _pronoun(subjects: int) -> str:
    return "this subject" if subjects == 1 else "them"


def _stable(folder: RunFolder, failures: list[Failure]) -> str:
    texts = []
    for file in sorted(folder.file("reproducibility").glob("*.csv")):
        if not is_run_file(PurePosixPath("reproducibility", file.name), ()):  # a file of the user
            continue
        table = REPRODUCIBILITY.read(file)
        texts.append(f"{file.stem}: {stable_text(table)}")
    stable = STABLE.read_if_there(folder.file(STABLE.file))
    texts += [] if stable is None else [text.rstrip(".") for text in combined_sentences(stable)]
    processing = PROCESSING.read_if_there(folder.file("processing", PROCESSING.file))
    if processing is not None:
        total, kept = survivors(processing)
        texts.append(f"processing: {kept} of {counted(total, 'feature')} stable against every alteration")
    reason = _absent("reproducibility", failures, "needs the masks of two readers").rstrip(".")
    return "; ".join(texts) or f"reproducibility {reason}"


def _outcomes(folder: RunFolder, failures: list[Failure]) -> str:
    own = [failure for failure in failures if not parts_of_case(failure.case)[1]]
    failed = [parts_of_case(failure.case) for failure in failures if failure not in own]
    texts = [_orders(file) for file in sorted(folder.file("outcome").glob("*/performance.csv"))]
    inside = f"Outcome (out of fold): {'; '.join(texts)}."
    if not texts:
        inside = f"Outcome: {_absent('outcome', own, 'not part of this run.')}"
    external = [
        _orders(file, f"{file.parents[2].name} on {file.parent.name}")
        for file in sorted(folder.file("outcome").glob(f"*/{VALIDATION}/*/performance.csv"))
    ]
    external += [f"{name} on {cohort} could not be done" for name, cohort in failed]
    return f"{inside} External validation: {'; '.join(external)}." if external else inside


def _orders(file: Path, title: str = "") -> str:
    """How well the models of a table of performance order the subjects; the title is that of its folder."""
    table = PERFORMANCE.read(file)
    models = table[table["metric"].isin(ORDER_NAMES)]
    values = [
        f"{row['model']} {interval(row['value'], row['low'], row['high'], form=concordance)}"
        for row in models.to_dict("records")
    ]
    summary = file.with_name("summary.json")
    quick = summary.is_file() and read_own_json(summary).get("intervals") == "quick"
    note = " (quick intervals, too narrow)" if quick else ""
    name = next((name for metric, name in ORDER_NAMES.items() if metric in set(models["metric"])), "")
    return f"{title or file.parent.name}: {name} {', '.join(values)}{note}"
