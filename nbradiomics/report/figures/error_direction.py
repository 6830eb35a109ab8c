"""Direction of the errors: the part drawn too much against the part left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, legend_above, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (4.3, 4.1)
#: FPRm has no upper limit, and a missed tumour has an FNR of 1: a few such masks would leave no room for the
#: others, so the axes end above this quantile of the values of a group.
_QUANTILE = 0.95
_LEAST = 0.1


@dataclass(frozen=True)
class Errors:
    """FPRm and FNR of one group of pairs, both of shape (pairs,), not empty, without missing values.

    With `by_model` the masks are the model's.
    """

    fprm: NDArray[np.float64]
    fnr: NDArray[np.float64]
    by_model: bool = False


def draw_error_direction(groups: Mapping[str, Errors], *, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw the groups, the last one on top; medians are large and framed.

    Both axes have the same range; a point outside is drawn as an arrow at their end.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        end = _end(groups)
        axes.plot([0, end], [0, end], color=QUIET, linewidth=1)
        for name, errors in groups.items():
            _points(axes, errors, end, name=name)
        axes.set(xlim=(0, end), ylim=(0, end), aspect="equal")
        axes.set(xlabel="FPRm: drawn too much / reference", ylabel="FNR: left out / reference")
        axes.grid()
        legend_above(axes)

    return make_picture(draw, size=_SIZE, alt=alt, caption=caption)


def beyond(groups: Mapping[str, Errors]) -> int:
    """Count the points outside the axes."""
    end = _end(groups)
    return sum(int(((errors.fprm > end) | (errors.fnr > end)).sum()) for errors in groups.values())


def _end(groups: Mapping[str, Errors]) -> float:
    groups_values = [np.concatenate([errors.fprm, errors.fnr]) for errors in groups.values()]
    # By group, so that many pairs of readers do not push the few pairs of the model outside the axes.
    most = max(float(np.quantile(values, _QUANTILE, method="lower")) for values in groups_values)
    return max(min(1.05 * max(float(values.max()) for values in groups_values), 1.25 * most), _LEAST)


def _points(axes: Axes, errors: Errors, end: float, *, name: str) -> None:
    # Shapes distinguish the model from the readers if colours do not.
    colour, shape = (AUTO_COLOUR, "D") if errors.by_model else (QUIET, "o")
    right, above = errors.fprm > end, errors.fnr > end
    inside = ~(right | above)
    style: dict[str, Any] = {"color": colour, "clip_on": False, "linewidth": 0}
    axes.scatter(errors.fprm[inside], errors.fnr[inside], s=16, marker=shape, alpha=0.6, label=name, **style)
    for chosen, marker in ((right, ">"), (above & ~right, "^")):
        across, up = (np.minimum(part[chosen], end) for part in (errors.fprm, errors.fnr))
        axes.scatter(across, up, s=30, marker=marker, **style)
    middle = min(float(np.median(errors.fprm)), end), min(float(np.median(errors.fnr)), end)
    axes.scatter(
        *middle, s=70, marker=shape, color=colour, edgecolor=INK, linewidth=1.2, clip_on=False, zorder=3
    )
