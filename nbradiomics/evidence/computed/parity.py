"""Features of a few of the study's own images by the other engine, compared with the feature table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import read_case
from nbradiomics.errors import InputError
from nbradiomics.evidence.collect.plain import plain
from nbradiomics.evidence.facts import Fact
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.features.compliance.verify import compare_values
from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.extract import extract_region
from nbradiomics.features.parameters import Own, Parameters
from nbradiomics.features.scans import case_key
from nbradiomics.messages.wording import counted
from nbradiomics.tables import ORIGINAL, feature_columns
from nbradiomics.tables.feature_kinds import PYRADIOMICS, count_origins, origins_in_words

#: Masks that are compared, of different subjects: the smallest, so that it takes seconds.
_MASKS = 3
_STAGE = "parity"
#: Columns by which a row of the feature table is found.
_INDEX = ("subject", "timepoint", "sequence", "roi", "reader", "reading")
_VOLUMES = ("original_shape_VoxelVolume", "original_shape_MeshVolume")


class StoredValues(TypedDict):
    """Features of a mask by the other engine, and the number of its voxels."""

    voxels: int
    values: dict[str, float]


def parity_fact(
    cases: Sequence[Case],
    features: pd.DataFrame,
    parameters: Parameters,
    engine: str,
    label: int,
    execution: Execution,
) -> Fact | None:
    """Compute some masks of a study again with the other engine, and compare the values with its table.

    Parameters
    ----------
    cases, features
        Measured masks of the study, and its feature table.
    parameters, engine, label
        With which the table was made.
    execution
        Processes and stored results.

    Returns
    -------
    Fact or None
        Its value has ``engine`` (that of the table), ``against``, ``masks`` (one entry each: voxels, numbers
        of features and of equal ones, largest relative difference), ``failed``, and ``not_compared``: numbers
        of features that PyRadiomics does not have, by their origin. None without features.

    Notes
    -----
    Families and filters of the IBSI change no value of PyRadiomics: its features are compared without them.
    """
    names = feature_columns(features)
    measured = features[features[names].notna().any(axis=1)] if names else features.iloc[:0]
    if measured.empty:
        return None
    if str(parameters.own):
        return _not_compared(engine, "the parameters depart from it on purpose (section nbradiomics)")
    if "variant" in measured and not (measured["variant"] == ORIGINAL).any():
        return _not_compared(engine, "no row is a whole region as it was drawn")
    origins = count_origins(names)
    if PYRADIOMICS not in origins:
        return _not_compared(engine, f"it has none of the features ({origins_in_words(origins)})")
    parameters = replace(parameters, own=Own())
    try:
        pyradiomics_engine.require_installed()
    except InputError as error:
        return _not_compared(engine, f"it cannot be imported here ({type(error.__cause__).__name__})")
    other = pyradiomics_engine.NAME if engine == native_engine.NAME else native_engine.NAME
    chosen = _smallest(cases, measured)
    if not chosen:
        return None
    rows = {name: row for name, (_, row) in chosen.items()}
    again = {name: (case, parameters, other, label) for name, (case, _) in chosen.items()}
    key = _key(chosen, parameters, other, label)
    batch = execution.map(_measure, again, stage=_STAGE, stored=Stored(key, StoredValues))
    masks = [_compared(done, rows[name], engine) for name, done in batch.results.items()]
    others = {origin: number for origin, number in origins.items() if origin != PYRADIOMICS}
    return _told(masks, len(batch.failures), (engine, other), others)


def _not_compared(engine: str, why: str) -> Fact:
    value: dict[str, Any] = {"engine": engine, "against": None, "masks": [], "failed": 0, "not_compared": {}}
    return Fact(name="parity", text=f"Not compared with PyRadiomics: {why}.", value=plain(value))


def _key(chosen: Mapping[str, Any], parameters: Parameters, other: str, label: int) -> Any:
    return lambda name: case_key([chosen[name][0]], (parameters, other, label), made_for=_STAGE)


def _smallest(cases: Sequence[Case], measured: pd.DataFrame) -> dict[str, tuple[Case, dict[str, float]]]:
    """Choose the smallest masks, of different subjects, with their row of the feature table."""
    originals = measured[measured["variant"] == ORIGINAL] if "variant" in measured else measured
    volume = next((name for name in _VOLUMES if name in measured), None)
    ordered = originals.sort_values(volume, kind="stable") if volume else originals
    known = {tuple(map(str, case.index().values())): case for case in cases if case.component is None}
    chosen: dict[str, tuple[Case, dict[str, float]]] = {}
    columns = feature_columns(measured)
    for index, (_, row) in zip(
        ordered[list(_INDEX)].itertuples(index=False), ordered.iterrows(), strict=True
    ):
        case = known.get(tuple(map(str, index)))
        if case is None or any(case.scan.subject == other.scan.subject for other, _ in chosen.values()):
            continue
        chosen[f"mask {len(chosen) + 1}"] = (case, {name: float(row[name]) for name in columns})
        if len(chosen) == _MASKS:
            break
    return chosen


def _measure(case: Case, parameters: Parameters, engine: str, label: int) -> StoredValues:
    image, region = read_case(case, label, parameters.fit)
    values = extract_region(image, region, parameters, engine=engine, name="the image").values
    import SimpleITK as sitk

    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    return {"voxels": voxels, "values": {name: float(value) for name, value in values.items()}}


def _compared(done: StoredValues, row: dict[str, float], engine: str) -> dict[str, Any]:
    """Compare a row of the table with the values of the other engine."""
    ours = {name: row[name] for name in done["values"] if name in row}
    pair = (ours, done["values"]) if engine == native_engine.NAME else (done["values"], ours)
    table = compare_values(*pair)
    known = table["relative"][table["native"].notna() & table["pyradiomics"].notna()]
    return {
        "voxels": done["voxels"],
        "features": len(table),
        "same": int(table["same"].sum()),
        "largest_relative_difference": float(known.max()) if len(known) else None,
    }


def _told(masks: list[dict[str, Any]], failed: int, engines: tuple[str, str], others: dict[str, int]) -> Fact:
    engine, other = engines
    same, all_of_them = (sum(one[name] for one in masks) for name in ("same", "features"))
    text = (
        f"{counted(len(masks), 'mask')} of the study (the smallest, of different subjects) measured again "
        f"with the engine {other}: {same} of {all_of_them} values are those of the feature table, within the "
        "differences that docs/parity.md allows"
        + (f"; {counted(failed, 'mask')} could not be measured again." if failed else ".")
    )
    if not masks:
        text = f"Not compared: {counted(failed, 'mask')} could not be measured again with the engine {other}."
    if others:
        text += f" Not compared, because PyRadiomics does not have them: {origins_in_words(others)}."
    value = {"engine": engine, "against": other, "masks": masks, "failed": failed, "not_compared": others}
    return Fact(name="parity", text=text, value=plain(value))
