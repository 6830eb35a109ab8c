"""Inspect a model before it is used: describe it, and test that its networks return finite numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.segmentation.importing import MAX_BYTES, opened, renamed
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.segmentation.model_files.layout import Folds, folds_of
from nbradiomics.segmentation.model_files.plans import first_line
from nbradiomics.segmentation.store import bundled_models, find_model, imported_models


@dataclass(frozen=True)
class Inspection:
    """Result of `inspect_model`.

    Attributes
    ----------
    facts
        Pairs of a heading and a property of the model.
    notes
        Further points that a user should know.
    """

    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def inspect_model(
    source: str | Path,
    *,
    models: str | Path | None = None,
    inside: str | None = None,
    max_bytes: int = MAX_BYTES,
    progress: Progress = quiet,
) -> Inspection:
    """Load a model, run each fold's network once on noise, and describe it.

    Parameters
    ----------
    source
        Name of a bundled or imported model, folder, or zip archive, which is unpacked to a temporary folder.
    models, inside, max_bytes, progress
        As in `import_model`.

    Raises
    ------
    InputError, AmbiguousError, ModelError
        When the model cannot be used, as in `import_model`; also when a network's output is not finite.
    """
    with _located(source, models, inside, max_bytes, progress) as (folder, folds):
        model = load_model(folder)
    require_finite_output(model, progress)
    return Inspection(_facts(model), (*folds.notes, *_notes(model)))


@contextmanager
def _located(
    source: str | Path, models: str | Path | None, inside: str | None, max_bytes: int, progress: Progress
) -> Iterator[tuple[Path, Folds]]:
    has_name = isinstance(source, str) and source in [*bundled_models(), *imported_models(models)]
    if has_name or not Path(source).exists():
        known = find_model(source, models)
        yield known, folds_of(known)
        return
    with (
        tempfile.TemporaryDirectory(prefix="nbradiomics-check-") as work,
        opened(Path(source), Path(work) / Path(source).stem, inside, max_bytes, progress) as (folder, place),
        renamed({folder: Path(source) / place.folder}),
    ):
        yield folder, place.folds


def require_finite_output(model: Model, progress: Progress = quiet) -> None:
    """Run each fold's network once on a patch of noise.

    Raises
    ------
    ModelError
        When a network fails, or its output is not finite.
    """
    import torch

    predictor = model.predictor
    shape = (1, len(model.channels), *predictor.configuration_manager.patch_size)
    try:
        # Images in the network have about mean 0 and standard deviation 1.
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode(), progress("run", len(model.folds)) as advance:
            for fold, weights in zip(model.folds, predictor.list_of_parameters, strict=True):
                predictor.network.load_state_dict(weights)
                if not bool(torch.isfinite(predictor.network.eval()(noise)).all()):
                    raise ModelError(
                        f"{model.name}: the output of the network of {fold} for noise is not finite.",
                        "Its training diverged or its plans are damaged; get or train the model again.",
                    )
                advance()
    except RuntimeError as error:  # for example, not enough memory for a patch
        raise ModelError(
            f"{model.name}: its network cannot be run here: {first_line(error)}",
            "Use a larger machine.",
        ) from error
    finally:
        predictor.network.load_state_dict(predictor.list_of_parameters[0])


def _facts(model: Model) -> tuple[tuple[str, str], ...]:
    configuration = model.predictor.configuration_manager
    return (
        ("name", model.name),
        ("intended use", model.card.intended_use or "not recorded"),
        ("preparation", model.card.preparation or "not recorded"),
        ("licence", model.card.licence or "not recorded"),
        ("channels", ", ".join(f"{number} {name}" for number, name in enumerate(model.channels))),
        ("tumour", _tumour(model)),
        ("orientation", model.orientation or "not recorded: images are not turned"),
        ("configuration", model.configuration),
        ("patch", f"{' x '.join(map(str, configuration.patch_size))} voxels ({_axes(configuration)})"),
        (
            "spacing",
            f"{' x '.join(f'{edge:g}' for edge in configuration.spacing)} mm ({_axes(configuration)})",
        ),
        ("folds", ", ".join(model.folds)),
        ("weights", f"{_count(model.predictor.list_of_parameters[0]) / 1e6:.3g} million in each fold"),
        ("trainer", model.predictor.trainer_name),
        ("trained on", _training(model)),
        ("fingerprint", model.fingerprint),
    )


def _axes(configuration: Any) -> str:
    return "z y x" if len(configuration.patch_size) == 3 else "y x, slice by slice"


def _training(model: Model) -> str:
    recorded = {"images": model.card.training_images, "subjects": model.card.training_subjects}
    known = [f"{len(names)} {kind}" for kind, names in recorded.items() if names is not None]
    return f"{', '.join(known)}, recorded in the card" if known else "images and subjects not recorded"


def _tumour(model: Model) -> str:
    kind = "region" if model.tumour.regions else "label" if len(model.tumour.names) == 1 else "labels"
    return f"{' + '.join(model.tumour.names)} ({kind})"


def _count(weights: Any) -> int:
    """Number of weights in a fold; a tensor with several names counts once."""
    return sum({tensor.data_ptr(): tensor.numel() for tensor in weights.values()}.values())


def _notes(model: Model) -> list[str]:
    notes = []
    if len(model.folds) == 1:
        notes.append("The model has one fold only: no agreement of folds can show how certain its masks are.")
    if model.card.training_images is None and model.card.training_subjects is None:
        notes.append("Do not use masks of subjects that it was trained on in an outcome model.")
    return notes
