"""Numbers that describe the habitats of one region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.interaction import InteractionFeatures, border_shares
from nbradiomics.habitats.label_map import Labelled, label_array
from nbradiomics.habitats.region_values import RegionValues, shown

#: Least confidences of the sweep.
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
Row = dict[str, Any]


def mean_column(channel: str) -> str:
    """Column of the mean of a channel."""
    return f"mean_{shown(channel)}"


def habitat_rows(
    region: RegionValues, found: Labelled, confident: NDArray[np.uint8], channels: Sequence[str]
) -> list[Row]:
    """One row per habitat of a region, without the columns of the case."""
    labels = label_array(region, found.labels)
    voxel_ml = float(np.prod(region.image.GetSpacing())) / 1000
    has_confidence = not np.isnan(found.confidence).any()
    return [
        {
            "habitat": number,
            "voxels": int((found.labels == number).sum()),
            "fraction": float((found.labels == number).mean()),
            "expected_fraction": float(found.shares[:, number - 1].mean()) if has_confidence else np.nan,
            "volume_ml": float((found.labels == number).sum() * voxel_ml),
            **_pieces(labels == number, voxel_ml),
            "confidence": _mean(found.confidence[found.labels == number]),
            "confident_voxels": int((confident == number).sum()),
            "confident_fraction": float((confident == number).mean()),
            **_means(region, found.labels == number, channels),
        }
        for number in range(1, found.shares.shape[1] + 1)
    ]


def threshold_rows(region: RegionValues, found: Labelled, channels: Sequence[str]) -> list[Row]:
    """One row per least confidence and habitat; none without a confidence."""
    if np.isnan(found.confidence).any():
        return []
    rows = []
    for threshold in THRESHOLDS:
        confident = found.confident(threshold)
        kept = int((confident > 0).sum())
        for number in range(1, found.shares.shape[1] + 1):
            voxels = int((confident == number).sum())
            rows.append(
                {
                    "threshold": threshold,
                    "habitat": number,
                    "kept": kept / len(confident),
                    "voxels": voxels,
                    "fraction": voxels / kept if kept else np.nan,
                    **_means(region, confident == number, channels),
                }
            )
    return rows


def interaction_rows(matrix: NDArray[np.int64]) -> list[Row]:
    """One row per habitat and neighbour."""
    inside = int(matrix[1:, 1:].sum())
    return [
        {
            "habitat": habitat,
            "neighbour": neighbour,
            "pairs": int(matrix[habitat, neighbour]),
            "share": int(matrix[habitat, neighbour]) / inside if neighbour and inside else np.nan,
        }
        for habitat in range(1, len(matrix))
        for neighbour in range(len(matrix))
    ]


def feature_columns(
    rows: Sequence[Row], matrix: NDArray[np.int64], features: InteractionFeatures, channels: Sequence[str]
) -> dict[str, float]:
    """The features of a region, by name."""
    borders = border_shares(matrix)
    inside = int(matrix[1:, 1:].sum())
    made: dict[str, float] = {}
    for row, border in zip(rows, borders, strict=True):
        name = f"habitat-{row['habitat']}"
        volume = row["volume_ml"]
        made[f"{name}_fraction"] = row["fraction"]
        made[f"{name}_volume_ml"] = volume
        made[f"{name}_pieces"] = float(row["pieces"])
        made[f"{name}_largest_share"] = row["largest_piece_ml"] / volume if volume else np.nan
        made[f"{name}_border"] = float(border)
        for channel in channels:
            made[f"{name}_{mean_column(channel)}"] = row[mean_column(channel)]
    for one in range(1, len(matrix)):
        for other in range(one + 1, len(matrix)):
            pairs = 2 * int(matrix[one, other])
            made[f"interface_{one}-{other}"] = pairs / inside if inside else np.nan
    return made | {f"msi_{name}": value for name, value in features._asdict().items()}


def _pieces(habitat: NDArray[np.bool_], voxel_ml: float) -> Row:
    from scipy.ndimage import label

    numbered, pieces = label(habitat, structure=np.ones((3, 3, 3)))
    largest = int(np.bincount(numbered.ravel())[1:].max()) if pieces else 0
    return {"pieces": int(pieces), "largest_piece_ml": largest * voxel_ml}


def _means(region: RegionValues, chosen: NDArray[np.bool_], channels: Sequence[str]) -> Row:
    return {
        mean_column(channel): _mean(region.values[chosen, place]) for place, channel in enumerate(channels)
    }


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
