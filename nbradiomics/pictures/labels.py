"""Labels of a mask that was saved as a picture, or why it is no mask."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.pictures.decoding import Decoded
from nbradiomics.pictures.grey import grey_of

#: Values above this are grey values of a drawing program (0 to 255), not numbers of a few labels.
_FEW = 15
_SHOWN = 6
_HARD = "Save the mask with hard edges as PNG"


class Labels(NamedTuple):
    """Labels (pages, rows, columns) of 16 bits, and a note on what was done; empty if nothing."""

    values: NDArray[np.uint16]
    note: str


def labels_of(decoded: Decoded, threshold: float | None, name: str, *, keep: bool) -> Labels:
    """Find the labels of a mask.

    Parameters
    ----------
    decoded
        The picture; numbers of colours if it has a palette.
    threshold
        Grey value above which a pixel is inside, in masks with several values other than 0; ``None`` for the
        values as they are.
    name
        Name of the mask in messages.
    keep
        Whether a single label keeps its number. Otherwise it becomes 1: most programs write 255.

    Raises
    ------
    InputError
        When the mask is coloured, or has smooth edges and `threshold` is ``None``.
    """
    values = _one_channel(decoded, name)
    present = np.unique(values[values != 0])
    if threshold is not None and len(present) > 1:
        if decoded.palette or not present[-1] > threshold:
            raise InputError(
                f"{name} has labels ({_listed([f'{one:g}' for one in present])}), not grey values above "
                f"{threshold:g}.",
                "Convert masks of labels without --mask-threshold, by a call of their own.",
            )
        return Labels((values > threshold).astype(np.uint16), f"inside: above {threshold:g}")
    _require_labels(decoded, values, name)
    if len(present) == 1 and present[0] != 1 and not keep:
        return Labels((values != 0).astype(np.uint16), f"its only value {present[0]:g} became label 1")
    return Labels(values.astype(np.uint16), "numbers of the palette" if decoded.palette else "")


def _one_channel(decoded: Decoded, name: str) -> NDArray[Any]:
    values = decoded.values
    if values.ndim == 4 and values.shape[-1] >= 3:
        colours = np.unique(values[..., :3].reshape(-1, 3), axis=0)
        if np.any(colours != colours[:, :1]):
            shown = _listed([str(tuple(map(int, one))) for one in colours])
            raise InputError(
                f"{name} is a mask in {len(colours)} colours ({shown}); labels were expected, one number per "
                "pixel.",
                "Save the labels as grey values (0, 1, 2) or with a palette, or each region as a mask.",
            )
    return grey_of(values, None, name).values


def _require_labels(decoded: Decoded, values: NDArray[Any], name: str) -> None:
    """Refuse fractions, and grey values that lie only at edges."""
    if decoded.kind == "JPEG":
        raise InputError(
            f"{name} is a mask in a JPEG file, which changes the values at edges.",
            f"{_HARD}, or state the grey value above which a pixel is inside (--mask-threshold 127).",
        )
    if values.dtype.kind == "f" and np.any(values != np.round(values)):
        raise InputError(f"{name} has values that are not whole numbers.", "A mask has labels: 0, 1, 2.")
    if values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
        raise InputError(
            f"{name} has values from {values.min():g} to {values.max():g}; labels from 0 to 65535 were "
            "expected.",
            "Save the labels as 8 or 16-bit grey.",
        )
    between = _only_at_edges(values) if not decoded.palette else []
    if between:
        shown = _listed([f"{value:g}" for value in between])
        raise InputError(
            f"{name} has {len(between)} values ({shown}) that lie only along edges: the mask was smoothed "
            "or resized.",
            f"{_HARD}, or state the grey value above which a pixel is inside (--mask-threshold 127).",
        )


def _listed(texts: list[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (" ..." if len(texts) > _SHOWN else "")


def _only_at_edges(values: NDArray[Any]) -> list[float]:
    """Values between 0 and the highest that no pixel shares with all of its neighbours.

    Labels of a few low numbers are never such values: a region of them may be small.
    """
    present = np.unique(values)
    highest = present[-1]
    if highest <= _FEW:
        return []
    size = (1, 3, 3)
    inner = ndimage.minimum_filter(values, size) == ndimage.maximum_filter(values, size)
    inside = set(np.unique(values[inner]).tolist())
    return [float(one) for one in present[:-1] if one != 0 and one.item() not in inside]
