"""The command that trains a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import bars, notes, output
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import CohortFile, Lesions
from nbradiomics.cli.steps import list_failures, processes, read_cohort
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import amount, ratio

if TYPE_CHECKING:
    from nbradiomics.segmentation.training.recipe import Recipe
    from nbradiomics.workflows.training import TrainedModel

PRESETS = ("nnunet", "small")


def train(
    cohort: CohortFile,
    reader: Annotated[str, typer.Option(help="Reader whose masks are learnt; all scans that have one.")],
    out: Annotated[Path, typer.Option(help="Folder of the model; an unfinished training in it continues.")],
    preset: Annotated[
        str, typer.Option(help="nnunet (nnU-Net's own planning and trainer), or small (little data, CPUs).")
    ] = "nnunet",
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation, all trained.")] = 5,
    epochs: Annotated[int | None, typer.Option(help="Epochs; 1000, or the recipe's, unless given.")] = None,
    iterations: Annotated[int | None, typer.Option(help="small: batches in an epoch.")] = None,
    spacing: Annotated[str | None, typer.Option(help="small: voxel edges in mm, as Z,Y,X.")] = None,
    patch: Annotated[
        str | None, typer.Option(help="small: voxels that the network sees at once, as Z,Y,X.")
    ] = None,
    precision: Annotated[str | None, typer.Option(help="small: auto, fp32 or bf16.")] = None,
    sequence: Annotated[
        str | None,
        typer.Option(
            help="Which sequence, where there are several. It names the network's input unless the column "
            "channel does, and nnU-Net normalises by that name: CT, noNorm, zscore, rescale_to_0_1 and "
            "rgb_to_0_1 have meanings, every other name is normalised by mean and deviation."
        ),
    ] = None,
    lesions: Lesions = None,
    name: Annotated[str | None, typer.Option(help="The model's name; the folder's unless given.")] = None,
    mirroring: Annotated[
        bool,
        typer.Option(
            "--mirroring", help="Average mirrored images in when the cases are segmented: eight times slower."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of folds and training.", min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of torch in each process.", min=1)] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes for augmentation beside each fold; none on a CPU and nnU-Net's choice on a GPU "
            "unless given. Only without them does a seed give the same weights.",
            min=0,
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Folds at once; all processors on a CPU, 1 on a GPU.", min=1)
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder training/ in the model.")] = False,
) -> None:
    """Train an nnU-Net model; its cross-validated masks of the cases become reader `auto`."""
    from nbradiomics.segmentation.device import resolve_device
    from nbradiomics.segmentation.training.train import EPOCHS, TrainingSettings
    from nbradiomics.workflows.training import train_model

    recipe = _recipe(preset, epochs, iterations, spacing, patch, precision)
    where = resolve_device(device)
    loaded = read_cohort(cohort)
    show_label_warnings(loaded, jobs=processes(jobs))
    done = train_model(
        loaded,
        reader=reader,
        out=out,
        settings=TrainingSettings(
            recipe, EPOCHS if epochs is None else epochs, seed, where, threads, workers
        ),
        folds=folds,
        sequence=sequence,
        lesions=lesions,
        name=name,
        mirroring=mirroring,
        jobs=jobs or (processes(None) if where == "cpu" else 1),
        keep=keep,
        progress=bars,
        tell=_note,
    )
    list_failures(done.failures, out.with_name(f"{out.name}.failures.csv"))
    _show(done)


def _note(line: str) -> None:
    notes.print(line, markup=False)


def _recipe(
    preset: str,
    epochs: int | None,
    iterations: int | None,
    spacing: str | None,
    patch: str | None,
    precision: str | None,
) -> Recipe | None:
    """Recipe of the preset with what was asked for; ``None`` for nnU-Net's own way."""
    from nbradiomics.segmentation.training.recipe import Recipe

    if preset not in PRESETS:
        raise InputError(f"no preset {preset!r}.", f"Choose one of {', '.join(PRESETS)}.")
    given: dict[str, Any] = {
        "iterations": iterations,
        "spacing": None if spacing is None else _three(spacing, "--spacing"),
        "patch": None if patch is None else tuple(map(int, _three(patch, "--patch", whole=True))),
        "precision": precision,
    }
    asked = {key: value for key, value in given.items() if value is not None}
    if preset == "small":
        return Recipe(**(asked if epochs is None else {**asked, "epochs": epochs}))
    if asked:
        raise InputError(
            f"the preset nnunet takes no {', '.join(f'--{key}' for key in asked)}: nnU-Net plans by itself.",
            "Leave them out, or train with --preset small.",
        )
    return None


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
