"""A segmentation model: a folder of nnU-Net v2 results, checked before it is used."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation.environment import environment, matplotlib_untouched, quiet_nnunet
from nbradiomics.segmentation.model_files.card import Card
from nbradiomics.segmentation.model_files.checkpoint import read_folds
from nbradiomics.segmentation.model_files.description import read_description
from nbradiomics.segmentation.model_files.integrity import digests_of, require_intact
from nbradiomics.segmentation.model_files.labels import Tumour
from nbradiomics.segmentation.model_files.network import build_predictor
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.inputs import Source, read_inputs
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.segmentation.prediction.predict import Prediction, segment
from nbradiomics.segmentation.store import find_model


@dataclass(frozen=True)
class Model:
    """A loaded model, from `load_model`. Do not share it between threads.

    Attributes
    ----------
    name
        Name in the card, or of the folder.
    card
        The model's card.
    folds
        Names of the folds, such as ``fold_0``; their probabilities are averaged.
    channels
        Names of the inputs, in the network's order.
    tumour
        The tumour among the outputs of the network.
    orientation
        Voxel axes to which images are turned before they are segmented; ``None`` does not turn them.
    configuration
        The configuration of the plans that was trained, such as ``3d_fullres``.
    fingerprint
        SHA-256, in hexadecimal, over the files that determine the model's predictions.
    folder
        Folder of its files.
    """

    name: str
    card: Card
    folds: tuple[str, ...]
    channels: tuple[str, ...]
    tumour: Tumour
    orientation: str | None
    configuration: str
    fingerprint: str
    folder: Path = field(compare=False)
    predictor: Any = field(repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process loads the weights once from the folder; otherwise they would be sent with each case.
        return _reloaded, (self.folder, self.folds, self.fingerprint)

    def predict(
        self,
        images: Source | Mapping[str, Source],
        *,
        inference: Inference = Inference(),  # noqa: B008 - frozen
        postprocessing: PostProcessing = PostProcessing(),  # noqa: B008 - frozen
        threads: int | None = None,
    ) -> Prediction:
        """Segment one case.

        Parameters
        ----------
        images
            File or image: three-dimensional, one finite number per voxel. For a model with several channels,
            a mapping from the channels' names (upper and lower case do not matter). The result has the grid
            of the first channel; the others are resampled to it, and channels that the model does not use
            are ignored.
        inference
            Device, precision, resampling, mirroring.
        postprocessing
            Post-processing of the masks.
        threads
            Threads of torch; ``None`` leaves their number unchanged.

        Raises
        ------
        InputError
            When the channels are not those of the model; an image is not three-dimensional and scalar, has
            values that are not finite, has the same value everywhere or does not cover the first channel; or
            the network cannot be run with these options.
        """
        return segment(
            read_inputs(images, self.channels),
            self.predictor,
            folds=self.folds,
            tumour=self.tumour,
            orientation=self.orientation,
            inference=self.resolve(inference),
            postprocessing=postprocessing,
            threads=threads,
        )

    def resolve(self, inference: Inference) -> Inference:
        """Options with which this model is run on this machine for the requested `inference`.

        Raises
        ------
        InputError
            When a GPU is requested and there is none, or mirroring for a model that was trained without it.
        """
        if inference.mirroring and not self.predictor.allowed_mirroring_axes:
            raise InputError(
                f"mirroring was requested, but the model {self.name} was trained without it.",
                "Run it without mirroring.",
            )
        resolved = inference.resolved()
        if resolved.resampling == "torch" and not _resamples_linearly(self.predictor):
            return resolved.changed(resampling="stock")
        return resolved

    def with_folds(self, names: Sequence[str]) -> Model:
        """Return a model with only some of the folds, as needed for cross-validation.

        It shares the network with this model.

        Raises
        ------
        ModelError
            When the model does not have a named fold, or no fold is named.
        """
        unknown = [name for name in names if name not in self.folds]
        if unknown or not names:
            problem = f"has no {', '.join(unknown)}" if unknown else "was requested with none of its folds"
            raise ModelError(f"the model {self.name} {problem}.", f"It has {', '.join(self.folds)}.")
        chosen = [index for index, name in enumerate(self.folds) if name in names]
        if len(chosen) == len(self.folds):
            return self
        predictor = copy.copy(self.predictor)
        predictor.list_of_parameters = [predictor.list_of_parameters[index] for index in chosen]
        folds = tuple(self.folds[index] for index in chosen)
        fingerprint = hashlib.sha256(" ".join([self.fingerprint, *folds]).encode()).hexdigest()
        return replace(self, folds=folds, fingerprint=fingerprint, predictor=predictor)

    def describe(self) -> dict[str, Any]:
        """Describe the model for the provenance of a run."""
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "folds": list(self.folds),
            "channels": list(self.channels),
            "tumour": list(self.tumour.names),
            "orientation": self.orientation,
            "card": asdict(self.card),
        }


def _resamples_linearly(predictor: Any) -> bool:
    """Whether the plans resample the network's output to the image's grid as nnU-Net does by default."""
    plans = predictor.configuration_manager.configuration
    options = plans["resampling_fn_probabilities_kwargs"]
    default = plans["resampling_fn_probabilities"] == "resample_data_or_seg_to_shape"
    return default and (options.get("order"), options.get("order_z", 0), options.get("is_seg", False)) == (
        1,
        0,
        False,
    )


def load_model(name_or_folder: str | Path, *, models: str | Path | None = None) -> Model:
    """Load a bundled or imported model by its name, or any nnU-Net v2 model by its folder.

    No code in the folder is run: checkpoints are read as weights only, and the plans may name only networks
    of nnU-Net.

    Parameters
    ----------
    name_or_folder
        A name of `list_models`, or a folder with ``plans.json``, ``dataset.json`` and
        ``fold_*/checkpoint_final.pth`` (nnU-Net's ``Trainer__Plans__configuration``).
    models
        Folder of imported models; see `models_folder` for the default.

    Raises
    ------
    ModelError
        When the folder does not contain such a model, its folds differ or do not match the network of the
        plans, weights are not finite, or the model is a cascade or has no tumour label.

    Examples
    --------
    >>> load_model("synthetic-demo").channels
    ('T2w',)
    """
    folder = find_model(name_or_folder, models)
    description = read_description(folder)
    digests = digests_of(folder)
    require_intact(digests, description.card, folder)
    folds = read_folds(folder)
    with environment({"nnUNet_compile": None}), matplotlib_untouched(), quiet_nnunet():
        predictor = build_predictor(description.plans, description.dataset, folds, folder)
    return Model(
        name=description.card.name or folder.absolute().name,
        card=description.card,
        folds=tuple(fold.name for fold in folds),
        channels=description.channels,
        tumour=description.tumour,
        orientation=description.orientation,
        configuration=folds[0].configuration,
        fingerprint=_fingerprint(digests),
        folder=folder.absolute(),
        predictor=predictor,
    )


@lru_cache(maxsize=1)
def _reloaded(folder: Path, folds: tuple[str, ...], fingerprint: str) -> Model:
    """Load the model of another process from the same files."""
    model = load_model(folder).with_folds(folds)
    if model.fingerprint != fingerprint:
        raise ModelError(f"the files of the model in {folder} were changed.", "Run the command again.")
    return model


def fingerprint_of(folder: Path) -> str:
    """SHA-256, in hexadecimal, over the files of a model that determine its predictions."""
    return _fingerprint(digests_of(folder))


def _fingerprint(digests: Mapping[str, str]) -> str:
    lines = [f"{name} {digest}" for name, digest in digests.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
