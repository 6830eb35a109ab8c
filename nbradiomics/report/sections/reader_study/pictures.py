"""Charts of the comparison: the two agreements of each case, and the direction of the errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.pairs import AUTO_PAIR, INTER
from nbradiomics.messages.wording import counted
from nbradiomics.report.agreement_rows import of_kind
from nbradiomics.report.content import Block, Gallery, Picture, Text
from nbradiomics.report.figures.error_direction import Errors, beyond, draw_error_direction
from nbradiomics.report.figures.paired import PairedCases, beyond as beyond_axes, draw_paired
from nbradiomics.report.metric_text import write_metric
from nbradiomics.report.run_files import rows_of
from nbradiomics.report.sections.ranking import Chosen
from nbradiomics.report.sections.reader_study.frames import StudyRun, filled
from nbradiomics.tables import AUTO

BETWEEN = "between readers"
BY_MODEL = "model against readers"


def picture_blocks(study_run: StudyRun) -> list[Block]:
    """Two charts side by side; a sentence replaces a chart that cannot be drawn."""
    drawn = [_paired(study_run), _direction(study_run)]
    pictures = tuple(item for item in drawn if isinstance(item, Picture))
    texts: list[Block] = [Text(item) for item in drawn if isinstance(item, str)]
    return [*([Gallery(pictures, layout="charts")] if pictures else []), *texts]


def _paired(study_run: StudyRun) -> Picture | str:
    cases = filled(study_run.study.cases)
    if cases.empty:
        return "The model and the readers cannot be drawn case by case: the study lists no case."
    complete = cases[cases["auto_readers"].notna() & cases["readers_readers"].notna()]
    if complete.empty:
        return "The model and the readers cannot be drawn case by case: this needs the model and two readers."
    metric = METRIC[study_run.metric]
    points = PairedCases(
        tuple(
            Chosen((a, b, c, d)).name
            for a, b, c, d in rows_of(complete, "subject", "timepoint", "sequence", "roi")
        ),
        complete["readers_readers"].to_numpy(dtype=float),
        complete["auto_readers"].to_numpy(dtype=float),
        metric.label,
        study_run.margin,
        higher_is_better=metric.better == "higher",
        unit_range=metric.low == 0 and metric.high == 1,
    )
    worse = _worse(points)
    missing, outside = len(cases) - len(complete), beyond_axes(points)
    lines = (
        f"{metric.label} of each case",
        "Horizontal axis: mean over the pairs of readers. Vertical axis: mean of the model with the readers. "
        + (
            f"Beyond the dashed line the model is worse by more than the margin of {study_run.margin:g}: "
            f"{counted(worse, 'case')} of {len(complete)}. The test concerns the mean, not single cases."
            if study_run.margin is not None
            else ""
        ),
        *((f"Arrows: {counted(outside, 'case')} outside the axes.",) if outside else ()),
        *((f"Not drawn: {counted(missing, 'case')} without both values.",) if missing else ()),
    )
    medians = f"{_median(study_run.metric, points.readers)} and {_median(study_run.metric, points.auto)}"
    alt = f"{metric.label} of {counted(len(complete), 'case')}, readers and model; medians {medians}."
    return draw_paired(points, alt=alt, caption=lines)


def _median(metric: str, values: NDArray[np.float64]) -> str:
    return write_metric(metric, float(np.median(values)))


def _worse(points: PairedCases) -> int:
    shortfall = points.readers - points.auto if points.higher_is_better else points.auto - points.readers
    return int((shortfall > (points.margin or 0.0)).sum())


def _direction(study_run: StudyRun) -> Picture | str:
    rows = study_run.run.of_lesions
    if rows is None or not {"fprm", "fnr"} <= set(rows):
        return "FPRm and FNR cannot be drawn: agreement.csv is missing or lacks these metrics."
    auto = of_kind(rows, AUTO_PAIR)
    groups = {BETWEEN: of_kind(rows, INTER), BY_MODEL: auto[auto["reader"] == AUTO]}
    errors = {name: _errors(group, name == BY_MODEL) for name, group in groups.items()}
    errors = {name: group for name, group in errors.items() if group.fprm.size}
    if not errors:
        return (
            "FPRm and FNR cannot be drawn: there is no pair of independent masks for which they are defined."
        )
    return draw_error_direction(errors, alt=_alt(errors), caption=_caption(groups, errors))


def _errors(rows: pd.DataFrame, by_model: bool) -> Errors:
    defined = rows[rows["fprm"].notna() & rows["fnr"].notna()]
    return Errors(defined["fprm"].to_numpy(dtype=float), defined["fnr"].to_numpy(dtype=float), by_model)


def _alt(errors: dict[str, Errors]) -> str:
    medians = "; ".join(
        f"{name}: {_median('fprm', group.fprm)} and {_median('fnr', group.fnr)}"
        for name, group in errors.items()
    )
    return f"FPRm against FNR of each pair of masks. Medians {medians}."


def _caption(groups: dict[str, pd.DataFrame], errors: dict[str, Errors]) -> tuple[str, ...]:
    pairs = sum(len(group) for group in groups.values())
    drawn = sum(group.fprm.size for group in errors.values())
    outside = beyond(errors)
    lines = [
        "Direction of the errors",
        (
            "Each point is one mask against one reader; the large point is the median. To the right of the "
            "line, a mask adds more than it leaves out."
        ),
    ]
    if outside:
        lines.append(f"Arrows: {counted(outside, 'pair')} outside the axes.")
    if pairs > drawn:
        lines.append(f"Not drawn: {counted(pairs - drawn, 'pair')} with an empty reference, or that failed.")
    if BY_MODEL not in errors:
        lines.append("There is no pair of the model with an independent mask.")
    return tuple(lines)
