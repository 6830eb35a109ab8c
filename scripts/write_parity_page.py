"""Write the counts and tables of docs/parity.md from runs of both engines.

    python -m scripts.write_parity_page docs/parity.md --data ../shared/data

Run it in the root of the repository: the generated cases are those of the tests. `--data` names the folder of
the real images; without it they are left out. The script replaces only the text between the marks
``<!-- counts -->``, ``<!-- exceptions -->`` and their ends.

PyRadiomics runs on each original image and on the same image stored in other ways (`parity_samples`). If its
own value changes by more than parity allows, the value depends on rounding, and the page lists it with its
spread. The page is not written if a value of the native engine is outside both, or if a change has no known
reason.
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

#: A variance below this fraction of the largest is 0 in double precision; an axis length is its square root.
_TRACE = (16 * np.finfo(float).eps) ** 0.5


@dataclass(frozen=True)
class Reason:
    """Why values change, for labels that fully match `labels`, in some kinds of case (if empty, in all)."""

    title: str
    labels: str
    kinds: tuple[str, ...]
    why: str

    def explains(self, label: str, kind: str) -> bool:
        """Whether this reason explains a row of the page."""
        return re.fullmatch(self.labels, label) is not None and (not self.kinds or kind in self.kinds)


REASONS = (
    Reason(
        "Axis lengths of a region without thickness",
        r"shape_(Minor|Least)AxisLength|shape_(Elongation|Flatness)",
        (),
        "An axis length is 4 sqrt(variance along the axis). Across a plane or line that variance is\n"
        "exactly 0 in theory. The computed variance is about 1e-16 of the largest one, and its square\n"
        "root about 1e-8 of the longest axis.",
    ),
    Reason(
        "Correlation of independent grey levels",
        r"glcm_(MCC|Imc1|Imc2)",
        (),
        "If neighbouring grey levels are independent in a direction, its MCC and Imc2 are square roots\n"
        "of a difference that is exactly 0 in theory. The last bit decides between 0 and NaN, the root of\n"
        "a negative number, and the mean over the directions ignores NaN: one bit changes the number of\n"
        "averaged directions.",
    ),
    Reason(
        "Deviations in a region that is flat except for the last bits",
        r"firstorder_\w+",
        (NEARLY_FLAT,),
        "Intensities differ from their mean only by its rounding error, which depends on the order of the\n"
        "sum.",
    ),
    Reason(
        "First-order features of filtered images",
        r"firstorder features",
        WITH_FILTERS,
        "The filters run along one axis after the other and round in between, to single precision if the\n"
        "image or the filter has it: to 7 digits of the largest intensity. Every voxel has this error. If\n"
        "the filtered image should be 0 everywhere, these features describe only the rounding errors.",
    ),
)


def compare(one: Sample) -> pd.DataFrame:
    """Compare PyRadiomics with itself, and the native engine with it.

    Returns
    -------
    DataFrame
        One row per feature that some turn must not change: ``kind, case, feature, value`` (PyRadiomics,
        original image), ``low, high`` (of that and all turns), ``undefined`` (NaN in some turns), ``native``,
        ``allowed``, ``moved`` and ``place``: ``same`` (within the allowance of `value`), ``spread`` (within
        the allowance of `low` to `high`, or NaN if some value of PyRadiomics is), ``trace`` (an axis length
        that is 0 in double precision, like PyRadiomics' value), or ``outside``.
    """
    parameters = load_parameters(one.parameters())
    with warnings.catch_warnings():
        # If a feature is undefined, PyRadiomics divides by 0 and takes roots of rounding errors.
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
    """Return the columns of `compare` for one feature; `numbers` starts with the original image."""
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
    """Compare all samples; add the columns ``sample`` (a number) and ``label`` (name of the row)."""
    found = pd.concat(
        [compare(one).assign(sample=number) for number, one in enumerate(samples)], ignore_index=True
    )
    by_class = found["feature"].str.extract(r"_([a-z]+)_\w+$")[0] + " features"
    short = found["feature"].str.removeprefix("original_")
    found["label"] = short.where(~found["kind"].isin(WITH_FILTERS), by_class)
    return found


def exceptions(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `survey` whose values depend on rounding."""
    return found[found["moved"] | (found["place"] != "same")]


def counts(found: pd.DataFrame) -> str:
    """Return the table of counts, one row per kind of case."""
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
    """Return one row of the table of counts."""
    decided = exceptions(rows)
    settled = rows.drop(decided.index)
    difference = (settled["native"] - settled["value"]).abs()
    part = (difference[difference > 0] / settled["allowed"]).max()
    places = [int((decided["place"] == place).sum()) for place in ("same", "spread", "trace")]
    numbers = [rows["sample"].nunique(), len(rows), len(decided), *places, int(decided["undefined"].sum())]
    nearest = 0 if np.isnan(part) else part
    return f"| {kind} | {' | '.join(f'{number:,}' for number in numbers)} | {nearest:.1g} |"


def tables(found: pd.DataFrame) -> str:
    """Return the tables of values that depend on rounding, by reason; a row per feature and kind of case."""
    labels = list(exceptions(found)[["label", "kind"]].drop_duplicates().itertuples(index=False, name=None))
    lines: list[str] = []
    for reason in REASONS:
        mine = [key for key in labels if reason.explains(*key)]
        if mine:
            lines += [f"### {reason.title}", "", reason.why, "", *_HEAD]
            lines += [table_line(label, kind, found) for label, kind in mine] + [""]
    return "\n".join([*lines, *departures(found)])


def departures(found: pd.DataFrame) -> list[str]:
    """Return the values of the native engine that differ from PyRadiomics' values of the original image."""
    lines = [
        "### Different values of the native engine",
        "",
        "| case | feature | PyRadiomics | from | to | native | which is |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for _, row in found[found["place"] != "same"].iterrows():
        words = {"spread": "in the spread", "trace": "a trace of 0, as PyRadiomics'"}[row["place"]]
        lines.append(f"| {row['case']} | `{row['label']}` | {_values(row)} | {words} |")
    return [*lines, ""]


def _values(row: pd.Series) -> str:
    """Return PyRadiomics' value, its spread, and the native value as cells."""
    return " | ".join(f"{row[column]:.9g}" for column in ("value", "low", "high", "native"))


_HEAD = (
    "| feature | kind of case | decided | widest in | PyRadiomics | from | to | native |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def table_line(label: str, kind: str, found: pd.DataFrame) -> str:
    """Return the row of one feature in one kind of case, with the case of the widest relative spread."""
    rows = found[(found["label"] == label) & (found["kind"] == kind)]
    decided = exceptions(rows)
    size = decided[["low", "high"]].abs().max(axis=1)
    # Rows with only 0 and NaN have no width, and come last.
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
    """List errors that prevent the page: native values outside all others, and unexplained changes."""
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
    """Write the results to the page.

    Raises
    ------
    ValueError
        When a value of the native engine is wrong, or a value changes without a known reason.
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
