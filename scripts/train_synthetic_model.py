"""Train the bundled model ``synthetic-demo`` from scratch and evaluate it on unseen cases.

    python scripts/train_synthetic_model.py --out nbradiomics/segmentation/bundled/synthetic-demo

Training cases, evaluation cases and the cases of `make_cohort` come from one generator with three separate
namespaces of seeds, so that no case is in two of the sets. Run this script again whenever the generator
changes; it does not overwrite the folder of the old model, so remove that folder first.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from nbradiomics.cohort import Case, Cohort, load_cohort
from nbradiomics.images.io import write_image
from nbradiomics.segmentation.model import load_model
from nbradiomics.segmentation.model_files.card import Card
from nbradiomics.segmentation.model_files.integrity import seal
from nbradiomics.segmentation.training.cases import (
    ORIENTATION,
    channels_of,
    examine_cases,
    find_cases,
    origins,
)
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.segmentation.training.settings import Checkpoints, TrainingSettings
from nbradiomics.segmentation.training.splits import split_cases
from nbradiomics.segmentation.training.train import open_training, train_folds
from nbradiomics.synthetic.case import (
    EVALUATION_NAMESPACE,
    TRAINING_NAMESPACE,
    PhantomCase,
    make_case,
    seed_of,
)
from nbradiomics.synthetic.fields import largest_component
from nbradiomics.synthetic.scanners import SCANNERS

#: Only two of five folds are trained, because the files of the demo must stay small.
FOLDS, SPLIT = 2, 5
RECIPE = {"spacing": (4.0, 3.0, 3.0), "patch": (32, 48, 64), "features": 12, "max_features": 96}
OUT = Path(__file__).parents[1] / "nbradiomics" / "segmentation" / "bundled" / "synthetic-demo"
INTENDED_USE = (
    "To try nbradiomics on its own synthetic cohort. Trained on synthetic images only; it finds nothing "
    "reliable in images of patients and is not for clinical use."
)


def main() -> None:
    """Train, evaluate, write the card, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--cases", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unseen", type=int, default=40, help="cases to evaluate on")
    options = parser.parse_args()
    seed = options.seed
    recipe = Recipe(**RECIPE, epochs=options.epochs)

    cases = [_case(TRAINING_NAMESPACE, seed, index) for index in range(options.cases)]
    card = Card(
        name="synthetic-demo",
        version="1",
        licence="Apache-2.0",
        intended_use=INTENDED_USE,
        orientation=ORIENTATION,
        training_seeds=f"SeedSequence([{TRAINING_NAMESPACE}, {seed}, i]), i = 0 to {options.cases - 1}",
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        card = _train(
            _cohort(cases, Path(folder)),
            options.out,
            TrainingSettings(recipe=recipe, seed=seed),
            card,
        )
    print(f"trained {FOLDS} folds of {options.epochs} epochs in {time.perf_counter() - start:.0f} s")
    unseen = [_case(EVALUATION_NAMESPACE, seed, index) for index in range(options.unseen)]
    figures = _evaluate(options.out, unseen)
    figures["threshold_mean_dice"] = _threshold_dice(cases[:12], unseen)
    training = {"epochs": options.epochs, "iterations_per_epoch": recipe.iterations, "unseen": figures}
    seal(replace(card, training=training), options.out)
    for name, value in figures.items():
        print(f"{name}: {value}")


def _cohort(cases: list[PhantomCase], folder: Path) -> Cohort:
    """Write the cases and their cohort table, with the true mask as reader ``truth``."""
    rows = ["subject,sequence,site,image,reader,mask"]
    for index, case in enumerate(cases):
        image = write_image(case.image, folder / f"{index}.nii.gz").name
        mask = write_image(case.mask, folder / f"{index}_truth.nii.gz").name
        rows.append(f"case-{index:03d},T2w,{case.scanner.site},{image},truth,{mask}")
    table = folder / "cohort.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return load_cohort(table)


def _train(cohort: Cohort, out: Path, settings: TrainingSettings, card: Card) -> Card:
    """Train two folds in half precision, and return the card with the training images."""
    cases: dict[str, Case] = find_cases(cohort, reader="truth")
    choice = {"channels": channels_of(cases), "settings": settings}
    examined = examine_cases(cases, choice["channels"]).results
    splits = split_cases(origins(cases, cohort), SPLIT, seed=settings.seed)[:FOLDS]
    folder = open_training(out, examined, splits, **choice)
    train_folds(folder, cases, splits, checkpoints=Checkpoints(half=True), **choice)
    card = replace(card, training_images=tuple(case.fingerprints[0] for case in examined.values()))
    folder.finish(card)
    return card


def _case(namespace: int, seed: int, index: int) -> PhantomCase:
    return make_case(seed_of(namespace, seed, index), SCANNERS[index % len(SCANNERS)])


def _evaluate(folder: Path, cases: list[PhantomCase]) -> dict[str, float | int]:
    model = load_model(folder)
    start = time.perf_counter()
    masks = [model.predict(case.image, threads=1).mask for case in cases]
    seconds = (time.perf_counter() - start) / len(cases)
    found = [_dice(_array(mask), _array(case.mask)) for mask, case in zip(masks, cases, strict=True)]
    result: dict[str, float | int] = {"cases": len(cases), "mean_dice": round(float(np.mean(found)), 4)}
    for scanner in SCANNERS:
        there = [dice for dice, case in zip(found, cases, strict=True) if case.scanner == scanner]
        result[f"mean_dice_{scanner.site}"] = round(float(np.mean(there)), 4)
    result["lowest_dice"] = round(min(found), 4)
    result["below_half"] = sum(dice < 0.5 for dice in found)
    print(f"seconds per case on one thread: {seconds:.2f}")
    return result


def _threshold_dice(tuning: list[PhantomCase], unseen: list[PhantomCase]) -> float:
    """Return the mean Dice of the best intensity window, after one opening, with the largest component."""
    edges = np.arange(0.8, 3.6, 0.2)
    windows = [(low, high) for low, high in itertools.product(edges, edges) if low < high]
    best = max(windows, key=lambda window: np.mean([_window_dice(case, window) for case in tuning]))
    return round(float(np.mean([_window_dice(case, best) for case in unseen])), 4)


def _window_dice(case: PhantomCase, window: tuple[float, float]) -> float:
    image = sitk.GetArrayFromImage(case.image).astype(float)
    relative = image / np.median(image[image > image.mean()])
    found = ndimage.binary_opening((relative > window[0]) & (relative < window[1]))
    return _dice(largest_component(found), _array(case.mask))


def _array(mask: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(mask) > 0


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    return 2.0 * int((first & second).sum()) / max(1, int(first.sum()) + int(second.sum()))


if __name__ == "__main__":
    main()
