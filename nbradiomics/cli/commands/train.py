"""The command that trains a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import output
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import CohortFile, Lesions
from nbradiomics.cli.stated import given, stated
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
    reader: Annotated[str, typer.Option(help="Reader whose masks are learnt; all scans that have one.")],
    out: Annotated[Path, typer.Option(help="Folder of the model; an unfinished training in it continues.")],
    preset: Annotated[
        str, typer.Option(help="nnunet (nnU-Net's own planning and trainer), or small (little data, CPUs).")
    ] = "nnunet",
    folds: Annotated[int | None, stated(f"{_SETTINGS}:TrainingRun.folds")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs; 1000, or the recipe's, unless given.")] = None,
    iterations: Annotated[int | None, stated(f"{_RECIPE}.iterations", hint="For small.")] = None,
    spacing: Annotated[str | None, stated(f"{_RECIPE}.spacing", hint="For small, as Z,Y,X.")] = None,
    patch: Annotated[str | None, stated(f"{_RECIPE}.patch", hint="For small, as Z,Y,X.")] = None,
    precision: Annotated[str | None, stated(f"{_RECIPE}.precision", hint="For small.")] = None,
    sequence: Annotated[
        str | None,
        typer.Option(
            help="Which sequence, where there are several. It names the network's input unless the column "
            "channel does, and nnU-Net normalises by that name: CT, noNorm, zscore, rescale_to_0_1 and "
            "rgb_to_0_1 have meanings, every other name is normalised by mean and deviation."
        ),
    ] = None,
    lesions: Lesions = None,
    name: Annotated[str | None, stated(f"{_SETTINGS}:TrainingRun.name")] = None,
    mirroring: Annotated[bool | None, stated(f"{_SETTINGS}:TrainingRun.mirroring", "--mirroring")] = None,
    seed: Annotated[int | None, stated(f"{_SETTINGS}:TrainingSettings.seed")] = None,
    device: Annotated[str | None, stated(f"{_SETTINGS}:TrainingSettings.device")] = None,
    threads: Annotated[int | None, stated(f"{_SETTINGS}:TrainingSettings.threads")] = None,
    workers: Annotated[int | None, stated(f"{_SETTINGS}:TrainingSettings.workers")] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Folds at once; all processors on a CPU, 1 on a GPU.")
    ] = None,
    keep: Annotated[bool | None, stated(f"{_SETTINGS}:TrainingRun.keep", "--keep")] = None,
) -> None:
    """Train an nnU-Net model; its cross-validated masks of the cases become reader `auto`."""
    from dataclasses import replace

    from nbradiomics.segmentation.device import resolve_device
    from nbradiomics.segmentation.training.settings import TrainingCases, TrainingRun, TrainingSettings
    from nbradiomics.workflows.training import train_model

    recipe = _recipe(preset, epochs, iterations=iterations, spacing=spacing, patch=patch, precision=precision)
    settings = given(
        TrainingSettings,
        recipe=recipe,
        epochs=epochs,
        seed=seed,
        device=device,
        threads=threads,
        workers=workers,
    )
    where = resolve_device(settings.device)
    execution = execution_of(jobs)
    loaded = read_cohort(cohort)
    show_label_warnings(loaded, execution=execution)
    done = train_model(
        loaded,
        reader=reader,
        out=out,
        cases=given(TrainingCases, sequence=sequence, lesions=lesions),
        settings=settings.changed(device=where),
        running=given(TrainingRun, folds=folds, mirroring=mirroring, name=name, keep=keep),
        execution=replace(execution, jobs=1) if jobs is None and where != "cpu" else execution,
    )
    list_failures(done.failures, out.with_name(f"{out.name}.failures.csv"))
    _show(done)


def _recipe(preset: str, epochs: int | None, **values: str | int | None) -> Recipe | None:
    """Recipe of the preset with what was asked for; ``None`` for nnU-Net's own way."""
    from nbradiomics.segmentation.training.recipe import Recipe

    if preset not in PRESETS:
        raise InputError(f"no preset {preset!r}.", f"Choose one of {', '.join(PRESETS)}.")
    asked: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if preset != "small":
        if asked:
            raise InputError(
                f"the preset nnunet takes no {', '.join(f'--{name}' for name in asked)}: nnU-Net plans by "
                "itself.",
                "Leave them out, or train with --preset small.",
            )
        return None
    if "spacing" in asked:
        asked["spacing"] = _three(asked["spacing"], "--spacing")
    if "patch" in asked:
        asked["patch"] = tuple(map(int, _three(asked["patch"], "--patch", whole=True)))
    return given(Recipe, **asked, epochs=epochs)


def _three(text: str, option: str, *, whole: bool = False) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{option} is {text!r}.", "Give three numbers with commas: Z,Y,X.") from error
    if len(numbers) != 3 or (whole and any(number != int(number) for number in numbers)):
        kind = "whole numbers" if whole else "numbers"
        raise InputError(f"{option} is {text!r}.", f"Give three {kind} with commas: Z,Y,X.")
    return numbers


def _show(done: TrainedModel) -> None:
    training = dict(done.card.training or {})
    figures = training["cross_validation"]
    place = done.folder / "cross_validation"
    trained = f"{training['cases']} cases of {training['subjects']} subjects"
    output.print(f"{training['folds']} folds trained on {trained}: {done.folder}", markup=False)
    output.print(
        f"On subjects that the fold had not seen: {_figures(figures)}; {figures['empty']} without tumour, "
        f"{figures['failures']} failures.",
        markup=False,
    )
    output.print(
        f"These masks are reader `auto` in {place / 'cohort.csv'}, an honest prediction for every case; "
        f"{place / 'agreement.csv'} compares them with the reader.",
        markup=False,
    )
    output.print(
        "The finished model has seen all of these subjects: its own masks of them tell nothing about others. "
        "Hand it on without splits.csv and cross_validation/, which name subjects.",
        markup=False,
    )


def _figures(figures: Mapping[str, float | None]) -> str:
    names = {"median_dice": "median Dice", "mean_dice": "mean", "lowest_dice": "lowest"}
    found = [f"{name} {ratio(figures[key], 3)}" for key, name in names.items() if figures[key] is not None]
    if figures["median_hd95"] is not None:
        found.append(f"median HD95 {amount(figures['median_hd95'], 1)} mm")
    return ", ".join(found) or "nothing could be compared"
