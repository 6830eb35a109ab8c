"""Check ``plans.json`` and ``dataset.json`` before nnU-Net builds anything from them.

The author of both files may be unknown. nnU-Net trusts them: it imports and calls the classes that they name,
and it detects a wrong number only when the first case is segmented, or not at all.
"""

from __future__ import annotations

import inspect
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from nbradiomics.errors import ModelError
from nbradiomics.segmentation.model_files.layout import AGAIN
from nbradiomics.system.quiet import quiet

_NETWORK = re.compile(r"dynamic_network_architectures\.architectures\.\w+\.\w+")
_LAYER = re.compile(r"torch\.nn\.(modules\.\w+\.)?\w+")
#: Modules of torch with the layers of nnU-Net's networks. Arguments of other layers could build networks of
#: any size.
_LAYERS = {
    f"torch.nn.modules.{name}"
    for name in ("activation", "batchnorm", "conv", "dropout", "instancenorm", "normalization")
}
#: Limits for the network. nnU-Net's own networks have 4 to 8 stages of up to 6 blocks.
_MOST = {"n_stages": 20, "n_conv_per_stage": 100, "n_blocks_per_stage": 100, "n_conv_per_stage_decoder": 100}

_MOST_VOXELS = 2**28

_Edge = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Label = Annotated[int, Field(ge=0, le=32_767)]
_Resampling = Literal["resample_data_or_seg_to_shape", "resample_torch_fornnunet"]


class _Part(BaseModel):
    """A part of the files; keys that nnU-Net does not need for predictions are not checked."""

    model_config = ConfigDict(strict=True)


class _Dataset(_Part):
    labels: dict[str, _Label | list[_Label]]
    channel_names: dict[str, str] | None = None
    modality: dict[str, str] | None = None  # the older name
    regions_class_order: list[_Label] | None = None


class _Plans(_Part):
    configurations: dict[str, dict[str, Any]]
    image_reader_writer: str
    transpose_forward: list[int]
    transpose_backward: list[int]
    label_manager: Literal["LabelManager"] = "LabelManager"
    foreground_intensity_properties_per_channel: dict[str, dict[str, float]] | None = None
    foreground_intensity_properties_by_modality: dict[str, dict[str, float]] | None = None


class _Architecture(_Part):
    network_class_name: str
    arch_kwargs: dict[str, Any]
    imported: list[str] = Field(alias="_kw_requires_import")


class _Options(_Part):
    """Options of nnU-Net's two resampling functions."""

    model_config = ConfigDict(strict=True, extra="forbid")

    is_seg: bool = False
    order: int = Field(default=3, ge=0, le=5)
    order_z: int = Field(default=0, ge=0, le=5)
    force_separate_z: bool | None = None
    separate_z_anisotropy_threshold: float = Field(default=3, gt=0, allow_inf_nan=False)
    num_threads: int = Field(default=4, ge=1, le=1024)
    memefficient_seg_resampling: bool = False
    mode: Literal["linear", "nearest", "nearest-exact"] = "linear"
    aniso_axis_mode: Literal["linear", "nearest", "nearest-exact"] = "nearest-exact"


def _bounded(patch: list[int]) -> list[int]:
    if math.prod(patch) > _MOST_VOXELS:
        raise ValueError(
            f"a patch of {' x '.join(map(str, patch))} voxels is larger than any network accepts"
        )
    return patch


_Patch = Annotated[list[Annotated[int, Field(ge=1, le=4096)]], AfterValidator(_bounded)]


class _Configuration(_Part):
    patch_size: _Patch = Field(min_length=2, max_length=3)
    spacing: list[_Edge]
    normalization_schemes: list[
        Literal[
            "ZScoreNormalization",
            "CTNormalization",
            "NoNormalization",
            "RescaleTo01Normalization",
            "RGBTo01Normalization",
        ]
    ]
    use_mask_for_norm: list[bool]
    preprocessor_name: Literal["DefaultPreprocessor"]
    resampling_fn_data: _Resampling
    resampling_fn_seg: _Resampling
    resampling_fn_probabilities: _Resampling
    resampling_fn_data_kwargs: _Options
    resampling_fn_seg_kwargs: _Options
    resampling_fn_probabilities_kwargs: _Options
    previous_stage: str | None = None
    architecture: _Architecture


def channel_names(dataset: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the network's inputs in their order."""
    names = _channels(dataset)
    return tuple(names[str(number)] for number in range(len(names)))


def _channels(dataset: Mapping[str, Any]) -> Mapping[str, str]:
    names = dataset.get("channel_names")
    return (dataset.get("modality") or {}) if names is None else names


def first_line(error: Exception) -> str:
    """The first line of a library's error; torch adds long lists of allowed arguments."""
    first = (str(error).strip().splitlines() or [""])[0]
    if not any(letter.isalpha() for letter in first):  # for example only the key of a KeyError
        first = f"{type(error).__name__} {first}".strip()
    return f"{first[:200]} ..." if len(first) > 200 else f"{first.rstrip('.')}."


def has_regions(labels: Mapping[str, Any]) -> bool:
    """Whether nnU-Net trains on regions: a region is a list of several labels."""
    return any(isinstance(value, list) and len(value) > 1 for value in labels.values())


def check_dataset(dataset: Mapping[str, Any], where: Path) -> None:
    """Raise `ModelError` unless the channels and labels in ``dataset.json`` are as nnU-Net needs them.

    Parameters
    ----------
    dataset
        Its content.
    where
        The file, for the message.
    """
    _validate(_Dataset, dataset, where)
    channels = _channels(dataset)
    if not channels or set(channels) != {str(number) for number in range(len(channels))}:
        raise ModelError(
            f"{where}: the channels are numbered {', '.join(channels) or 'not at all'}; 0, 1 ... were "
            "expected.",
            AGAIN,
        )
    labels = {name: value for name, value in dataset["labels"].items() if name != "ignore"}
    if labels.get("background") != 0:
        raise ModelError(f"{where}: no label 'background' with value 0.", AGAIN)
    values = sorted({each for value in labels.values() for each in label_values(value)})
    ignored = dataset["labels"].get("ignore")
    if ignored is not None and ignored != values[-1] + 1:
        raise ModelError(
            f"{where}: the label 'ignore' is {ignored}; {values[-1] + 1}, above all others, was expected.",
            AGAIN,
        )
    _check_heads(dataset, labels, values, where)


def _check_heads(
    dataset: Mapping[str, Any], labels: Mapping[str, Any], values: list[int], where: Path
) -> None:
    """Check the label values: nnU-Net counts outputs, so that a gap would shift all later labels."""
    if not has_regions(labels):
        if values != list(range(len(values))):
            listed = ", ".join(map(str, values))
            raise ModelError(f"{where}: the labels are {listed}; 0, 1, 2 ... were expected.", AGAIN)
        return
    order = dataset.get("regions_class_order") or []
    regions = [set(label_values(value)) for value in labels.values() if set(label_values(value)) != {0}]
    fits = len(order) == len(regions) == len(set(order))
    if not fits or any(value not in region for value, region in zip(order, regions, strict=True)):
        shown = reprlib.repr(order) if order else "missing"
        raise ModelError(
            f"{where} has {len(regions)} regions, but its regions_class_order is {shown}.",
            "It must contain a different label for each region, and this label must belong to the region.",
        )


def label_values(value: int | list[int]) -> list[int]:
    """Values of a label (a list of one) or of a region."""
    return value if isinstance(value, list) else [value]


def check_plans(plans: Mapping[str, Any], where: Path) -> None:
    """Raise `ModelError` unless the common part of all configurations in ``plans.json`` is valid."""
    _validate(_Plans, plans, where)
    forward, backward = plans["transpose_forward"], plans["transpose_backward"]
    if sorted(forward) != [0, 1, 2] or [forward.index(axis) for axis in range(3)] != backward:
        raise ModelError(
            f"{where}: axes are transposed by {forward} and back by {backward}, but the second does not undo "
            "the first.",
            AGAIN,
        )


def configuration_of(plans: dict[str, Any], name: str, where: Path) -> tuple[Any, Any]:
    """Return one configuration of the plans; refuse one that nnU-Net could not use safely.

    Returns
    -------
    tuple
        nnU-Net's ``PlansManager`` and ``ConfigurationManager``.

    Raises
    ------
    ModelError
        When it is missing or damaged, is the second stage of a cascade, or names something to import other
        than networks of nnU-Net and layers of torch.
    """
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    try:
        manager = PlansManager(plans)
        with quiet():  # nnU-Net warns that it rewrites plans of 2.0 and 2.1
            configuration = manager.get_configuration(name)
    except Exception as error:  # any exception of nnU-Net is due to the plans
        raise ModelError(
            f"{where} has no configuration {name!r} that nnU-Net can read: {first_line(error)}",
            "Plans and checkpoints must come from the same training.",
        ) from error
    content = configuration.configuration
    _validate(_Configuration, content, where, f"configurations.{name}.")
    if content.get("previous_stage") is not None:
        raise ModelError(
            f"{where.parent} is the second stage of a cascade ({content['previous_stage']} comes first).",
            "This release supports only models with one stage, such as 3d_fullres.",
        )
    require_known_classes(content["architecture"], where)
    _check_resampling(configuration, where)
    _check_axes(content, where)
    return manager, configuration


def check_channels(
    plans: Mapping[str, Any], configuration: Mapping[str, Any], dataset: Mapping[str, Any], where: Path
) -> None:
    """Raise `ModelError` unless plans and ``dataset.json`` have the same number of channels."""
    channels = channel_names(dataset)
    properties = plans.get("foreground_intensity_properties_per_channel")
    if properties is None:
        properties = plans.get("foreground_intensity_properties_by_modality") or {}
    schemes = configuration["normalization_schemes"]
    for name, count in (
        ("normalization_schemes", len(schemes)),
        ("use_mask_for_norm", len(configuration["use_mask_for_norm"])),
        ("foreground_intensity_properties_per_channel", len(properties)),
    ):
        if count != len(channels):
            raise ModelError(
                f"{where}: {name} is for {count} channels, but dataset.json names {len(channels)} "
                f"({', '.join(channels)}).",
                "Plans and dataset.json must come from the same training.",
            )
    needed = ("mean", "std", "percentile_00_5", "percentile_99_5")
    for number, scheme in enumerate(schemes):
        known = properties.get(str(number))
        if known is None or (scheme == "CTNormalization" and not _all_finite(known, needed)):
            raise ModelError(
                f"{where}: foreground_intensity_properties_per_channel lacks values that channel {number} "
                f"({scheme}) needs.",
                AGAIN,
            )


def _all_finite(values: Mapping[str, float], names: Iterable[str]) -> bool:
    return all(abs(values.get(name, float("nan"))) < float("inf") for name in names)


def require_known_classes(architecture: Mapping[str, Any], where: Path) -> None:
    """Refuse plans that name classes other than networks and layers, or a network of excessive size.

    nnU-Net imports and calls all classes that the plans name, with arguments from the plans.

    Parameters
    ----------
    architecture
        Architecture of one configuration: ``network_class_name``, ``arch_kwargs``, ``_kw_requires_import``.
    where
        The plans' file, for the message.
    """
    arguments = architecture["arch_kwargs"]
    wanted = [(architecture["network_class_name"], _NETWORK)]
    wanted += [(arguments.get(key), _LAYER) for key in architecture["_kw_requires_import"]]
    for name, allowed in wanted:
        if name is not None and not _is_module(name, allowed):
            raise ModelError(
                f"{where} names {reprlib.repr(name)}, which is not a network or layer of nnU-Net.",
                "Importing it could run unknown code; this release loads only nnU-Net's own networks.",
            )
    for key, most in _MOST.items():
        counts = arguments.get(key, 1)
        for count in counts if isinstance(counts, list) else [counts]:
            if not isinstance(count, int) or not 1 <= count <= most:
                raise ModelError(
                    f"{where}: {key} is {reprlib.repr(counts)}; numbers from 1 to {most} were expected.",
                    AGAIN,
                )


def _is_module(name: Any, allowed: re.Pattern[str]) -> bool:
    import pydoc

    import torch

    if not isinstance(name, str) or not allowed.fullmatch(name):
        return False
    try:
        located = pydoc.locate(name)
    except pydoc.ErrorDuringImport:  # an architecture whose dependencies are not installed
        return False
    if not (isinstance(located, type) and issubclass(located, torch.nn.Module)):
        return False
    return allowed is _NETWORK or located.__module__ in _LAYERS


def _check_resampling(configuration: Any, where: Path) -> None:
    for name in ("resampling_fn_data", "resampling_fn_seg", "resampling_fn_probabilities"):
        options = configuration.configuration[f"{name}_kwargs"]
        try:
            inspect.signature(getattr(configuration, name).func).bind(None, None, None, None, **options)
        except TypeError as error:
            raise ModelError(
                f"{where}: {name}_kwargs does not match the function: {error}.", AGAIN
            ) from error


def _check_axes(configuration: Mapping[str, Any], where: Path) -> None:
    patch, spacing = configuration["patch_size"], configuration["spacing"]
    arguments = configuration["architecture"]["arch_kwargs"]
    axes = len(patch)
    dimension = re.search(r"Conv(\d)d$", str(arguments.get("conv_op")))
    if len(spacing) != axes or (dimension and int(dimension[1]) != axes):
        raise ModelError(
            f"{where}: patch_size has {axes} axes, spacing has {len(spacing)}, "
            f"and the network's layers are {arguments.get('conv_op')}; the numbers of axes must be equal.",
            AGAIN,
        )


def _validate(kind: type[_Part], content: Any, where: Path, prefix: str = "") -> None:
    try:
        kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place, value = _place(content, first["loc"])
        if first["type"] == "missing":
            if place:
                prefix = f"{prefix}{place}."
            raise ModelError(f"{where} lacks {prefix}{first['loc'][-1]}.", AGAIN) from error
        expected = first["msg"][:1].lower() + first["msg"][1:]
        raise ModelError(f"{where}: {prefix}{place} is {reprlib.repr(value)}; {expected}.", AGAIN) from error


def _place(content: Any, location: tuple[int | str, ...]) -> tuple[str, Any]:
    """Path of the wrong value, without the type names that pydantic adds, and the value."""
    names = []
    for part in location:
        inside = isinstance(content, dict) and part in content
        if not inside and not (isinstance(content, list) and isinstance(part, int) and part < len(content)):
            break
        content = content[part]
        names.append(str(part))
    return ".".join(names), content
