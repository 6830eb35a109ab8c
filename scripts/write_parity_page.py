"""Write the counts and tables of docs/parity.md from runs of both engines.

    python -m scripts.write_parity_page docs/parity.md --data ../shared/data

Run it in the root of the repository: the generated cases are those of the tests. `--data` names the folder of
the real images; without it they are left out. The page's own words stay as they are; what stands between the
marks ``<!-- counts -->``, ``<!-- exceptions -->`` and their ends is replaced.

PyRadiomics runs on each image as it is and on the same image stored in other ways (`parity_samples`). Where
its own value moves by more than parity allows, rounding decides it, and the page lists it with its spread.
Nothing is written where the native engine's value is outside of both, or nobody has said why a value moves.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.features import ENGINES, load_parameters
from nbradiomics.features.compliance.parity import allowed_difference
from scripts.parity_samples import MAKERS, NEARLY_FLAT, WITH_FILTERS, Sample, real_tumours
from scripts.write_ibsi_page import between

#: A variance of this part of the largest is 0 in double precision, and an axis is its root.
_TRACE = (16 * np.finfo(float).eps) ** 0.5


@dataclass(frozen=True)
class Reason:
    """Why values move: of labels that match `labels` entirely, in some kinds of case (none: in all)."""

    title: str
    labels: str
    kinds: tuple[str, ...]
    why: str

    def explains(self, label: str, kind: str) -> bool:
        """Whether a row of the page is this reason's."""
        return re.fullmatch(self.labels, label) is not None and (not self.kinds or kind in self.kinds)


REASONS = (
    Reason(
        "Axis lengths of a region without thickness",
        r"shape_(Minor|Least)AxisLength|shape_(Elongation|Flatness)",
        (),
        "An axis length is 4 sqrt(variance along the axis). Across a plane or line that variance is\n"
        "exactly 0 in theory. Computed, it is some 1e-16 of the largest one, and the root makes 1e-8 of\n"
        "the longest axis of it.",
    ),
    Reason(
        "Correlation of independent grey levels",
        r"glcm_(MCC|Imc1|Imc2)",
        (),
        "Where grey levels beside each other are independent in a direction, its MCC and Imc2 are roots\n"
        "of a difference that is exactly 0 in theory. The last bit decides between 0 and NaN, the root of\n"
        "a negative number, and the mean over the directions leaves NaN out: one bit changes how many are\n"
        "averaged.",
    ),
    Reason(
        "Deviations in a region that is flat but for the last bits",
        r"firstorder_\w+",
        (NEARLY_FLAT,),
        "Intensities differ from their mean by no more than the mean is rounded, and that depends on the\n"
        "order of the sum.",
    ),
    Reason(
        "First-order features of filtered images",
        r"firstorder features",
        WITH_FILTERS,
        "The filters run along one axis after the other and round in between, to single precision where\n"
        "the image or the filter has it: to 7 digits of the largest intensity. Every voxel carries that.\n"
        "Where the filtered image should be 0 throughout, these features describe what rounding leaves.",
    ),
)


def compare(one: Sample) -> pd.DataFrame:
    """Compare PyRadiomics with itself, and the native engine with it.

    Returns
    -------
    DataFrame
        One row per feature that some turn must leave alone: ``kind, case, feature, value`` (PyRadiomics, the
        image as it is), ``low, high`` (of that and all turns), ``undefined`` (NaN in some), ``native``,
        ``allowed``, ``moved`` and ``place``: ``same`` (within the allowance of `value`), ``spread`` (within
        that of `low` to `high`, or NaN where PyRadiomics' may be), ``trace`` (an axis length that is 0 in
        double precision, as PyRadiomics' is), or ``outside``.
    """
    parameters = load_parameters(one.parameters())
    with warnings.catch_warnings():
        # PyRadiomics divides by 0 and takes roots of rounding errors where a feature is undefined.
        warnings.simplefilter("ignore")
        value = ENGINES["pyradiomics"].compute(*one.case, parameters).values
        stored = {name: [number] for name, number in value.items()}
        for turn in one.turns:
            found = ENGINES["pyradiomics"].compute(*turn.of(one.case), parameters).values
            for name, number in found.items():
                if turn.keeps(name, symmetrical=one.setting.get("symmetricalGLCM", True)):
                    stored[turn.original_name(name)].append(number)
    native = ENGINES["native"].compute(*one.case, parameters).values
    rows = [
        {"kind": one.kind, "case": one.name, "feature": name, **judge(name, numbers, native[name], value)}
        for name, numbers in stored.items()
        if len(numbers) > 1
    ]
    return pd.DataFrame(rows)


def judge(name: str, numbers: list[float], native: float, values: Mapping[str, float]) -> dict[str, Any]:
    """What `compare` tells of one feature; `numbers` begins with PyRadiomics' value of the image as it is."""
    defined = [number for number in numbers if not np.isnan(number)]
    low, high = (min(defined), max(defined)) if defined else (np.nan, np.nan)
    allowed, value = allowed_difference(name, values), numbers[0]
    if not defined:
        allowed = 0.0
    elif np.isnan(value):
        allowed = allowed_difference(name, {**values, name: low})
    return {
        "value": value,
        "low": low,
        "high": high,
        "undefined": 0 < len(defined) < len(numbers),
        "native": native,
        "allowed": allowed,
        "moved": not all(_same(number, value, allowed) for number in numbers),
        "place": _place(name, numbers, native, values, allowed),
    }


def _same(one: float, other: float, allowed: float) -> bool:
    return bool(np.isnan(one) and np.isnan(other)) or one == other or abs(one - other) <= allowed


def _place(
    name: str, numbers: list[float], native: float, values: Mapping[str, float], allowed: float
) -> str:
    if _same(native, numbers[0], allowed):
        return "same"
    if np.isnan(native):
        return "spread" if np.isnan(numbers).any() else "outside"
    if np.nanmin([*numbers, np.inf]) - allowed <= native <= np.nanmax([*numbers, -np.inf]) + allowed:
        return "spread"
    largest = values.get("original_shape_MajorAxisLength", 0.0)
    trace = name.endswith("AxisLength") and max(abs(native), *map(abs, numbers)) <= _TRACE * largest
    return "trace" if trace else "outside"


def survey(samples: Iterable[Sample]) -> pd.DataFrame:
    """Compare all; columns as in `compare`, ``sample`` (a number) and ``label`` (what a row is about)."""
    found = pd.concat(
        [compare(one).assign(sample=number) for number, one in enumerate(samples)], ignore_index=True
    )
    by_class = found["feature"].str.extract(r"_([a-z]+)_\w+$")[0] + " features"
    short = found["feature"].str.removeprefix("original_")
    found["label"] = short.where(~found["kind"].isin(WITH_FILTERS), by_class)
    return found


def exceptions(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of `survey` that rounding decides."""
    return found[found["moved"] | (found["place"] != "same")]


def counts(found: pd.DataFrame) -> str:
    """One row per kind of case."""
    names = (
        "kind of case",
        "cases",
        "values compared",
        "decided by rounding",
        "of these, native is the same",
        "in the spread",
        "a trace of 0",
        "NaN comes and goes",
        "native nearest to the allowance elsewhere",
    )
    lines = [f"| {' | '.join(names)} |", "|" + " --- |" * len(names)]
    kinds = [*found.groupby("kind", sort=False), ("all", found)]
    return "\n".join([*lines, *(count_line(str(kind), rows) for kind, rows in kinds)]) + "\n"


def count_line(kind: str, rows: pd.DataFrame) -> str:
    """Row of the table of counts."""
    decided = exceptions(rows)
    settled = rows.drop(decided.index)
    difference = (settled["native"] - settled["value"]).abs()
    part = (difference[difference > 0] / settled["allowed"]).max()
    places = [int((decided["place"] == place).sum()) for place in ("same", "spread", "trace")]
    numbers = [rows["sample"].nunique(), len(rows), len(decided), *places, int(decided["undefined"].sum())]
    nearest = 0 if np.isnan(part) else part
    return f"| {kind} | {' | '.join(f'{number:,}' for number in numbers)} | {nearest:.1g} |"


def tables(found: pd.DataFrame) -> str:
    """What rounding decides: by reason, with why; a row per feature and kind of case."""
    labels = list(exceptions(found)[["label", "kind"]].drop_duplicates().itertuples(index=False, name=None))
    lines: list[str] = []
    for reason in REASONS:
        mine = [key for key in labels if reason.explains(*key)]
        if mine:
            lines += [f"### {reason.title}", "", reason.why, "", *_HEAD]
            lines += [table_line(label, kind, found) for label, kind in mine] + [""]
    return "\n".join([*lines, *departures(found)])


def departures(found: pd.DataFrame) -> list[str]:
    """Each value of the native engine that isn't PyRadiomics' of the image as it is."""
    lines = [
        "### Where the native engine's value is another",
        "",
        "| case | feature | PyRadiomics | from | to | native | which is |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for _, row in found[found["place"] != "same"].iterrows():
        words = {"spread": "in the spread", "trace": "a trace of 0, as PyRadiomics'"}[row["place"]]
        lines.append(f"| {row['case']} | `{row['label']}` | {_values(row)} | {words} |")
    return [*lines, ""]


def _values(row: pd.Series) -> str:
    """PyRadiomics' value, its spread, and the native value as cells."""
    return " | ".join(f"{row[column]:.9g}" for column in ("value", "low", "high", "native"))


_HEAD = (
    "| feature | kind of case | decided | widest in | PyRadiomics | from | to | native |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def table_line(label: str, kind: str, found: pd.DataFrame) -> str:
    """Row about one feature in one kind of case, and the case in which its relative spread is widest."""
    rows = found[(found["label"] == label) & (found["kind"] == kind)]
    decided = exceptions(rows)
    size = decided[["low", "high"]].abs().max(axis=1)
    # Nothing but 0 and NaN has no width, and comes last.
    width = ((decided["high"] - decided["low"]) / size.where(size > 0)).fillna(0.0)
    widest = decided.iloc[int(width.to_numpy().argmax())]
    case = (
        widest["case"]
        if label == widest["feature"].removeprefix("original_")
        else f"{widest['case']}, `{widest['feature']}`"
    )
    undefined = ", NaN comes and goes" if widest["undefined"] else ""
    return (
        f"| `{label}` | {kind} | {len(decided):,} of {len(rows):,} | {case}{undefined} | {_values(widest)} |"
    )


def unexplained(found: pd.DataFrame) -> list[str]:
    """What must not be on the page: native values outside of all, and what moves without a known reason."""
    outside = found[found["place"] == "outside"]
    wrong = [
        f"outside: {row.kind}, {row.case}, {row.feature}: native {row.native!r}, PyRadiomics {row.value!r}, "
        f"from {row.low!r} to {row.high!r}"
        for row in outside.itertuples()
    ]
    for label, kind in exceptions(found)[["label", "kind"]].drop_duplicates().itertuples(index=False):
        if not any(reason.explains(label, kind) for reason in REASONS):
            wrong.append(f"no reason is known: {kind}, {label}")
    return wrong


def write(page: Path, found: pd.DataFrame) -> None:
    """Write what was found into the page.

    Raises
    ------
    ValueError
        Where the native engine is wrong, or nobody has said why a value moves.
    """
    if wrong := unexplained(found):
        raise ValueError("\n".join(["The page was not written.", *wrong]))
    text = page.read_text(encoding="utf-8")
    text = between(text, "counts", counts(found))
    page.write_text(between(text, "exceptions", tables(found)), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Compare all cases, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--data", type=Path, help="folder of the real images")
    options = parser.parse_args(arguments)
    samples = itertools.chain.from_iterable(make() for make in MAKERS)
    real = real_tumours(options.data) if options.data else ()
    write(options.page, survey(itertools.chain(samples, real)))


if __name__ == "__main__":
    main(sys.argv[1:])
