"""The command that trains a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import output
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import CohortFile, Lesions
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, list_failures, read_cohort
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import amount, ratio

if TYPE_CHECKING:
    from nbradiomics.segmentation.training.recipe import Recipe
    from nbradiomics.workflows.training import TrainedModel

PRESETS = ("nnunet", "small")
_SETTINGS = "segmentation.training.settings"
_RECIPE = "segmentation.training.recipe:Recipe"


def train(
    cohort: CohortFile,
    reader: Annotated[
        str, typer.Option(help="Reader whose masks the model learns; all scans with such a mask are used.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the model; an unfinished training in it is continued.")
    ],
    preset: Annotated[
        str,
        typer.Option(
            help="nnunet (planning and trainer of nnU-Net), or small (for little data, or without a GPU)."
        ),
    ] = "nnunet",
    folds: Annotated[int | None, setting(f"{_SETTINGS}:TrainingRun.folds")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs; default: 1000, or the number of the recipe.")
    ] = None,
    iterations: Annotated[int | None, setting(f"{_RECIPE}.iterations", hint="For small.")] = None,
    spacing: Annotated[str | None, setting(f"{_RECIPE}.spacing", hint="For small; write Z,Y,X.")] = None,
    patch: Annotated[str | None, setting(f"{_RECIPE}.patch", hint="For small; write Z,Y,X.")] = None,
    precision: Annotated[str | None, setting(f"{_RECIPE}.precision", hint="For small.")] = None,
    sequence: Annotated[
        str | None,
        typer.Option(
            help="Sequence to use, if there are several. It names the input of the network unless the column "
            "channel does. nnU-Net chooses the normalisation by that name: CT, noNorm, zscore, "
            "rescale_to_0_1 and rgb_to_0_1 have special meanings; images with any other name are normalised "
            "by mean and standard deviation."
        ),
    ] = None,
    lesions: Lesions = None,
    name: Annotated[str | None, setting(f"{_SETTINGS}:TrainingRun.name")] = None,
    mirroring: Annotated[bool | None, setting(f"{_SETTINGS}:TrainingRun.mirroring", "--mirroring")] = None,
    seed: Annotated[int | None, setting(f"{_SETTINGS}:TrainingSettings.seed")] = None,
    device: Annotated[str | None, setting(f"{_SETTINGS}:TrainingSettings.device")] = None,
    threads: Annotated[int | None, setting(f"{_SETTINGS}:TrainingSettings.threads")] = None,
    workers: Annotated[int | None, setting(f"{_SETTINGS}:TrainingSettings.workers")] = None,
    jobs: Annotated[
        int | None,
        typer.Option(help="Folds to train at once; default: number of processors on a CPU, 1 on a GPU."),
    ] = None,
    keep: Annotated[bool | None, setting(f"{_SETTINGS}:TrainingRun.keep", "--keep")] = None,
) -> None:
    """Train an nnU-Net model; its cross-validated masks become reader `auto`."""
    from dataclasses import replace

    from nbradiomics.segmentation.device import resolve_device
    from nbradiomics.segmentation.training.settings import TrainingCases, TrainingRun, TrainingSettings
    from nbradiomics.workflows.training import train_model

    recipe = _recipe(preset, epochs, iterations=iterations, spacing=spacing, patch=patch, precision=precision)
    settings = settings_from(
        TrainingSettings,
        recipe=recipe,
        epochs=epochs,
        seed=seed,
        device=device,
        threads=threads,
        workers=workers,
    )
    resolved_device = resolve_device(settings.device)
    execution = execution_of(jobs)
    loaded = read_cohort(cohort)
    show_label_warnings(loaded, execution=execution)
    done = train_model(
        loaded,
        reader=reader,
        out=out,
        cases=settings_from(TrainingCases, sequence=sequence, lesions=lesions),
        settings=settings.changed(device=resolved_device),
        running=settings_from(TrainingRun, folds=folds, mirroring=mirroring, name=name, keep=keep),
        execution=replace(execution, jobs=1) if jobs is None and resolved_device != "cpu" else execution,
    )
    list_failures(done.failures, out.with_name(f"{out.name}.failures.csv"))
    _show(done)


def _recipe(preset: str, epochs: int | None, **values: str | int | None) -> Recipe | None:
    """Make the recipe of the preset with the given values; ``None`` for nnU-Net's own planning."""
    from nbradiomics.segmentation.training.recipe import Recipe

    if preset not in PRESETS:
        raise InputError(f"there is no preset {preset!r}.", f"Choose one of {', '.join(PRESETS)}.")
    requested: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if preset != "small":
        if requested:
            raise InputError(
                f"the preset nnunet does not accept {', '.join(f'--{name}' for name in requested)}: nnU-Net "
                "plans these values itself.",
                "Leave them out, or train with --preset small.",
            )
        return None
    if "spacing" in requested:
        requested["spacing"] = _three(requested["spacing"], "--spacing")
    if "patch" in requested:
        requested["patch"] = tuple(map(int, _three(requested["patch"], "--patch", whole=True)))
    return settings_from(Recipe, **requested, epochs=epochs)


def _three(text: str, option: str, *, whole: bool = False) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"{option} is {text!r}.", "Give three numbers separated by commas: Z,Y,X."
        ) from error
    if len(numbers) != 3 or (whole and any(number != int(number) for number in numbers)):
        kind = "whole numbers" if whole else "numbers"
        raise InputError(f"{option} is {text!r}.", f"Give three {kind} separated by commas: Z,Y,X.")
    return numbers


def _show(done: TrainedModel) -> None:
    training = dict(done.card.training or {})
    figures = training["cross_validation"]
    place = done.folder / "cross_validation"
    trained = f"{training['cases']} cases of {training['subjects']} subjects"
    output.print(f"{training['folds']} folds trained on {trained}: {done.folder}", markup=False)
    output.print(
        f"Cross-validation, on subjects that were not used to train the fold: {_figures(figures)}; "
        f"{figures['empty']} without tumour, {figures['failures']} failures.",
        markup=False,
    )
    output.print(
        f"These masks are reader `auto` in {place / 'cohort.csv'}, an unbiased prediction for every case; "
        f"{place / 'agreement.csv'} compares them with the reader.",
        markup=False,
    )
    output.print(
        "The finished model was trained on all of these subjects: its masks of them do not show how well it "
        "works on others. Share it without splits.csv and cross_validation/, which name subjects.",
        markup=False,
    )


def _figures(figures: Mapping[str, float | None]) -> str:
    names = {"median_dice": "median Dice", "mean_dice": "mean", "lowest_dice": "lowest"}
    texts = [f"{name} {ratio(figures[key], 3)}" for key, name in names.items() if figures[key] is not None]
    if figures["median_hd95"] is not None:
        texts.append(f"median HD95 {amount(figures['median_hd95'], 1)} mm")
    return ", ".join(texts) or "no mask could be compared"
