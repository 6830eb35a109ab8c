"""Stability by image filter: which images the stable features come from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import counted
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.content import Picture
from nbradiomics.report.feature_names import OTHER, feature_class, image_type
from nbradiomics.report.figures.filters import FilterGrid, draw_filters
from nbradiomics.report.run_files import rows_of

ORIGINAL = "original"


def filters_of(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Image types of the features, the original image first, then in the order of the tables."""
    types = dict.fromkeys(image_type(name) for table in tables.values() for name in table["feature"])
    return sorted(types, key=lambda name: (name != ORIGINAL, name == OTHER))


def filters_picture(tables: Mapping[str, pd.DataFrame]) -> Picture:
    """Draw the stable features of each image type and class, a grid per comparison.

    Parameters
    ----------
    tables
        By comparison: ``feature, stable``.
    """
    filters = filters_of(tables)
    present = {feature_class(name) for table in tables.values() for name in table["feature"]}
    classes = [name for name in (*CLASSES, OTHER) if name in present]
    grids = [_grid(name, table, filters, classes) for name, table in tables.items()]
    shares = "; ".join(_shares_text(grid, filters) for grid in grids)
    caption = (
        "Stable features by image filter and class",
        "Each field shows the number of stable features / all features; darker means a larger share.",
    )
    return draw_filters(filters, classes, grids, alt=f"Stability by image filter. {shares}.", caption=caption)


def _grid(name: str, table: pd.DataFrame, filters: list[str], classes: list[str]) -> FilterGrid:
    stable, features = (np.zeros((len(filters), len(classes)), dtype=np.int64) for _ in range(2))
    for feature, is_stable in rows_of(table, "feature", "stable"):
        place = filters.index(image_type(feature)), classes.index(feature_class(feature))
        features[place] += 1
        stable[place] += bool(is_stable)
    return FilterGrid(name, stable, features)


def _shares_text(grid: FilterGrid, filters: list[str]) -> str:
    shares = (
        f"{name} {stable} of {counted(int(features), 'feature')}"
        for name, stable, features in zip(
            filters, grid.stable.sum(axis=1), grid.features.sum(axis=1), strict=True
        )
    )
    return f"{grid.name}: {', '.join(shares)}"
