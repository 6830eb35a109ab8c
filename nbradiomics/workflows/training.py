"""Train a model on a cohort and evaluate it: training, out-of-fold masks and their agreement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.cohort import AgreementTable, compare_cohort
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import Case, Cohort, CohortSource, load_cohort
from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.cohort.variants import require_one_variant
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.provenance import package_versions, write_provenance
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.segmentation.model_files.card import Card, with_training_subjects, write_card
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.schema import SPLITS
from nbradiomics.segmentation.training.cases import (
    ORIENTATION,
    Examined,
    channels_of,
    examine_cases,
    find_cases,
    origins,
)
from nbradiomics.segmentation.training.cross_validation import segment_out_of_fold
from nbradiomics.segmentation.training.folder import TrainingFolder
from nbradiomics.segmentation.training.preparation import grid_of, plans_of
from nbradiomics.segmentation.training.progress import read_trace
from nbradiomics.segmentation.training.settings import (
    Checkpoints,
    TrainingCases,
    TrainingRun,
    TrainingSettings,
)
from nbradiomics.segmentation.training.splits import Origin, Split, split_cases
from nbradiomics.segmentation.training.train import open_training, train_folds
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO, write_table
from nbradiomics.tables.result import Result

CROSS_VALIDATION = "cross_validation"
PROVENANCE = "provenance.json"


@dataclass(frozen=True, repr=False)
class TrainedModel(Result):
    """A model that was trained on a cohort.

    Attributes
    ----------
    folder
        Folder of the model; `load_model` and nnU-Net itself can open it.
    card
        The model card; ``card.training["cross_validation"]`` contains the results of the cross-validation.
    cohort
        The cohort with the cross-validated masks as reader `auto`.
    segmentation
        One row per training case: `segmentation.training.cross_validation.segment_out_of_fold`.
    agreement
        Agreement of `auto` and the other readers with the reader whose masks were learnt.
    failures
        Cases that could not be used for training, segmented or compared.
    """

    folder: Path
    card: Card
    cohort: Cohort
    segmentation: pd.DataFrame
    agreement: pd.DataFrame
    failures: list[Failure]


@dataclass(frozen=True)
class _Chosen:
    """The usable training cases and their folds."""

    cases: Mapping[str, Case]
    examined: Mapping[str, Examined]
    origins: Mapping[str, Origin]
    splits: Sequence[Split]
    channels: tuple[str, ...]


@spread(cases=TrainingCases, running=TrainingRun, execution=Execution, settings=TrainingSettings)
def train_model(
    cohort: CohortSource,
    *,
    reader: str,
    out: str | Path,
    cases: TrainingCases = TrainingCases(),  # noqa: B008 - frozen
    settings: TrainingSettings = TrainingSettings(),  # noqa: B008 - frozen
    running: TrainingRun = TrainingRun(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> TrainedModel:
    """Train an nnU-Net model on a reader's masks, and segment each case with the fold not trained on it.

    The finished folder is an nnU-Net v2 model (``plans.json``, ``dataset.json``, ``fold_*/``) with
    ``card.json``, ``splits.csv`` and ``cross_validation/``. The last contains the masks of the training cases
    as reader `auto`, each by the fold that was trained without its subject (``cohort.csv``,
    ``segmentation.csv``, ``masks/``), and their agreement with the reader (``agreement.csv``). During the
    training all files are in ``training/``; the same call continues an interrupted training.

    Parameters
    ----------
    cohort
        Images and masks: a cohort table (a file or a DataFrame), or a loaded cohort. Masks of reader `auto`
        are left out, because they come from another model.
    reader
        Reader whose masks are learnt; the first reading of each scan is used.
    out
        Folder of the model: a new folder, or that of the same call when it was interrupted.
    cases
        Selection of the masks.
    settings
        Settings that determine the weights: nnU-Net's own planning and trainer, or a recipe for little data.
    running
        Folds, name of the model, files to keep.
    execution
        Processes (cases to prepare and folds to train at once), progress display, and the function that
        receives messages for the user during the training.

    Raises
    ------
    InputError
        When the cohort cannot be used for training: unknown reader, several sequences, or fewer than two
        subjects with usable images per fold; or when the folder belongs to another training.
    ModelError
        When a fold could not be trained; completed training is kept.

    Notes
    -----
    Each field of `cases`, `settings`, `running` and `execution` may be given by its own name:
    ``train_model(cohort, reader="A", out="model", folds=3, jobs=2)``.

    Examples
    --------
    >>> recipe = Recipe(epochs=1, iterations=1, features=4, max_features=8)
    >>> done = train_model("cohort.csv", reader="A", out="model", folds=2, recipe=recipe)  # doctest: +SKIP
    """
    cohort = load_cohort(cohort)
    require_one_variant(cohort.table, cohort.path, "a training")
    # Only one training at a time, even with the same settings: two would overwrite each other's checkpoints.
    with working_in(Path(out), f"training on the masks of {reader} in {cohort.path}", "training", alone=True):
        # Check what is possible before opening the images.
        TrainingFolder(Path(out)).require_unfinished()
        plan = _plan(cohort, reader, cases, settings, running, execution)
        chosen, unusable = _choose(plan)
        folder = _train(plan, chosen, Path(out))
        variants = sorted(set(cohort.table["variant"]))
        card = Card(
            name=running.name or folder.out.resolve().name,
            orientation=ORIENTATION,
            preparation=variants[0] if len(variants) == 1 else None,
        )
        write_card(card, folder.model)
        validated, table, unsegmented = _cross_validate(folder, plan, chosen)
        agreement = _agree(validated, plan, folder)
        card = _described(card, folder, plan, chosen, cross_validation_figures(table, agreement.table))
        for note in folder.workspace.notes():
            execution.tell(note)
        write_provenance(
            folder.out / CROSS_VALIDATION / PROVENANCE,
            inputs=cohort.files(),
            training=card.training,
        )
        folder.finish(card, keep=running.keep)
        failures = [*unusable, *unsegmented, *agreement.failures]
        return TrainedModel(folder.out, card, validated, table, agreement.table, failures)


@dataclass(frozen=True)
class _Plan:
    """The inputs and settings of one training."""

    cohort: Cohort
    reader: str
    cases: Mapping[str, Case]
    label: int
    lesions: str
    settings: TrainingSettings
    inference: Inference
    running: TrainingRun
    execution: Execution


def _plan(
    cohort: Cohort,
    reader: str,
    selection: TrainingCases,
    settings: TrainingSettings,
    running: TrainingRun,
    execution: Execution,
) -> _Plan:
    resolved = settings.resolved()
    inference = Inference(device=resolved.device, mirroring=running.mirroring).resolved()
    cohort = _without_auto(cohort, reader, execution.tell)
    lesions = lesion_rule(selection.lesions, cohort.table)
    cases = find_cases(cohort, reader=reader, sequence=selection.sequence, lesions=lesions)
    split_cases(origins(cases, cohort), running.folds, seed=resolved.seed)
    return _Plan(cohort, reader, cases, selection.label, lesions, resolved, inference, running, execution)


def _train(plan: _Plan, chosen: _Chosen, out: Path) -> TrainingFolder:
    """Train every fold, or continue its training."""
    choice: dict[str, Any] = {"channels": chosen.channels, "label": plan.label, "settings": plan.settings}
    folder = open_training(out, chosen.examined, chosen.splits, **choice)
    checkpoints = plan.running.part(Checkpoints)
    train_folds(
        folder, chosen.cases, chosen.splits, **choice, checkpoints=checkpoints, execution=plan.execution
    )
    write_table(_splits_table(chosen), folder.model / SPLITS.file)
    return folder


def _described(
    card: Card, folder: TrainingFolder, plan: _Plan, chosen: _Chosen, figures: dict[str, float | int | None]
) -> Card:
    """Add the training subjects and the results of the cross-validation to the card."""
    return replace(
        with_training_subjects(card, {origin.subject for origin in chosen.origins.values()}),
        training_images=tuple(image for case in chosen.examined.values() for image in case.fingerprints),
        training={
            **_training(folder, chosen, plan.settings),
            "inference": plan.inference.model_dump(),
            "cross_validation": figures,
        },
    )


def _without_auto(cohort: Cohort, reader: str, tell: Callable[[str], None]) -> Cohort:
    """Remove automatic masks of another model: the cross-validated masks become reader `auto`."""
    if AUTO not in cohort.readers() or reader == AUTO:
        return cohort
    tell(f"Masks of {AUTO!r} in the table are left out: this training's cross-validated masks replace them.")
    return cohort.without_reader(AUTO)


def _choose(plan: _Plan) -> tuple[_Chosen, list[Failure]]:
    """Open every case, leave out the unusable ones, and split the others into folds."""
    cases, tell = dict(plan.cases), plan.execution.tell
    channels = channels_of(cases)
    batch = examine_cases(cases, channels, label=plan.label, execution=plan.execution)
    sound = {name: cases[name] for name in batch.results}
    _require_own_images(batch.results, sound)
    empty = [name for name, case in batch.results.items() if case.empty]
    if batch.failures:
        reasons = "; ".join(f"{failure.case}: {failure.cause}" for failure in batch.failures[:3])
        tell(f"{len(batch.failures)} of {len(cases)} cases cannot be used and are left out: {reasons}")
    if empty and len(empty) < len(sound):
        tell(f"{len(empty)} masks are empty and count as images without tumour: {', '.join(empty[:3])}.")
    elif sound and len(empty) == len(sound):
        raise InputError("every mask is empty.", "Give masks with a tumour, or check their labels.")
    sources = origins(sound, plan.cohort)
    splits = split_cases(sources, plan.running.folds, seed=plan.settings.seed)
    return _Chosen(sound, batch.results, sources, splits, channels), batch.failures


def _require_own_images(examined: Mapping[str, Examined], cases: Mapping[str, Case]) -> None:
    """Refuse an image of two subjects: it could be in both the training and the validation of a fold."""
    owner: dict[str, str] = {}
    for name, case in examined.items():
        for image in case.fingerprints:
            other = owner.setdefault(image, name)
            if cases[other].scan.subject != cases[name].scan.subject:
                raise InputError(
                    f"{other} and {name} have the same image but different subjects.",
                    "Use one subject for this image; otherwise a fold could be validated on an image that it "
                    "was trained on.",
                )


def _splits_table(chosen: _Chosen) -> pd.DataFrame:
    """Return the table of the fold that validates each case; that fold is not trained on its subject."""
    rows = [
        {**chosen.cases[name].scan.index(), "site": chosen.origins[name].site, "fold": f"fold_{number}"}
        for number, split in enumerate(chosen.splits)
        for name in split.validation
    ]
    return SPLITS.table(rows)


def _cross_validate(
    folder: TrainingFolder, plan: _Plan, chosen: _Chosen
) -> tuple[Cohort, pd.DataFrame, list[Failure]]:
    place = folder.out / CROSS_VALIDATION
    validated, table, failures = segment_out_of_fold(
        plan.cohort,
        chosen.cases,
        chosen.splits,
        model=folder.model,
        masks=place / "masks",
        inference=plan.inference,
        execution=replace(plan.execution, threads=plan.settings.threads, workspace=folder.workspace),
    )
    write_table(table, place / "segmentation.csv")
    return validated.write(place / "cohort.csv"), table, failures


def _agree(cohort: Cohort, plan: _Plan, folder: TrainingFolder) -> AgreementTable:
    execution = replace(plan.execution, workspace=folder.workspace)
    choice: dict[str, Any] = {"reference": plan.reader, "lesions": plan.lesions, "label": plan.label}
    try:
        agreement = compare_cohort(cohort, **choice, execution=execution)
    except InputError as error:  # no case could be segmented
        failure = failure_of("cohort", StageName.COMPARE, error)
        agreement = AgreementTable(AGREEMENT.empty(), [failure])
    write_table(agreement.table, folder.out / CROSS_VALIDATION / "agreement.csv")
    return agreement


def _training(folder: TrainingFolder, chosen: _Chosen, settings: TrainingSettings) -> dict[str, Any]:
    """Return the description of the training for the card."""
    spacing, patch = grid_of(plans_of(folder))
    sites = {origin.site for origin in chosen.origins.values()} - {""}
    seconds = sum(read_trace(folder.trace(fold)).seconds for fold in range(len(chosen.splits)))
    return {
        "preset": "nnunet" if settings.recipe is None else "small",
        "recipe": None if settings.recipe is None else settings.recipe.model_dump(mode="json"),
        "spacing_mm": list(spacing),
        "patch": list(patch),
        "epochs": settings.epochs,
        "seed": settings.seed,
        "device": settings.device,
        "folds": len(chosen.splits),
        "cases": len(chosen.cases),
        "empty_masks": sum(case.empty for case in chosen.examined.values()),
        "subjects": len({origin.subject for origin in chosen.origins.values()}),
        "sites": len(sites),
        "versions": {"nbradiomics": version("nbradiomics"), **package_versions()},
        "seconds": round(seconds, 1),
    }


def cross_validation_figures(table: pd.DataFrame, agreement: pd.DataFrame) -> dict[str, float | int | None]:
    """Summarise the agreement of the out-of-fold masks with the reader's masks.

    Parameters
    ----------
    table
        One row per case, from `segment_out_of_fold`.
    agreement
        Agreement table from `compare_cohort`.

    Returns
    -------
    dict
        `cases`; `median_dice`, `mean_dice`, `lowest_dice` (an empty mask counts as 0) and `median_hd95` (mm)
        over the cases with a value, ``None`` if no case has one; `failures`, the cases without a mask, and
        `empty`, the cases with an empty mask.
    """
    auto = agreement[agreement["reader"] == AUTO]
    # If a reader has independent and edited masks of a scan, the first reading was learnt.
    auto = auto.sort_values("reference_reading", kind="stable").drop_duplicates([*SCAN, "roi"])
    dice, distance = auto["dice"].dropna(), auto["hd95_mm"].dropna()
    return {
        "cases": len(table),
        "median_dice": _rounded(dice.median()),
        "mean_dice": _rounded(dice.mean()),
        "lowest_dice": _rounded(dice.min()),
        "median_hd95": _rounded(distance.median()),
        "failures": int(table["status"].isna().sum()),
        "empty": int((table["status"] == "empty").sum()),
    }


def _rounded(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 4)
