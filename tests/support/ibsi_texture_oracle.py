"""The IBSI's texture families in plain Python: slow, with the formulas as the manual states them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from nbradiomics.features.ibsi_names.textures import TEXTURE_FAMILIES

Voxel = tuple[int, int, int]
Region = dict[Voxel, int]
#: Counts by (grey level, other), and the number of voxels that the matrix stands for.
Matrix = tuple[Counter[tuple[int, int]], int]

AROUND = [step for step in product((-1, 0, 1), repeat=3) if any(step)]
HALF = [step for step in AROUND if step > (0, 0, 0)]


class Oracle:
    """All features of a region.

    Parameters
    ----------
    levels
        Grey levels, axes z, y, x; 0 outside.
    outline
        Morphological mask of the same shape; None: the region.
    cm_distance, ngt_distance, ngl_distance, alpha
        See `TextureFamilySettings`.
    """

    def __init__(
        self,
        levels: np.ndarray,
        outline: np.ndarray | None = None,
        *,
        cm_distance: int = 1,
        ngt_distance: int = 1,
        ngl_distance: int = 1,
        alpha: int = 0,
    ) -> None:
        self.region: Region = {tuple(v): int(levels[tuple(v)]) for v in np.argwhere(levels > 0).tolist()}
        outline = levels > 0 if outline is None else outline
        self.outline = {tuple(v) for v in np.argwhere(outline).tolist()}
        self.cm_distance, self.alpha = cm_distance, alpha
        self.ngt_distance, self.ngl_distance = ngt_distance, ngl_distance
        self.highest = max(self.region.values())
        self.slices = [self._slice(z) for z in sorted({voxel[0] for voxel in self.region})]

    def _slice(self, z: int) -> Region:
        return {voxel: level for voxel, level in self.region.items() if voxel[0] == z}

    def values(self, family: str, form: str) -> dict[str, float]:
        """Compute the features of one form by tag."""
        matrices = self._matrices(family, form)
        each = [self._features(family, matrix) for matrix in matrices]
        names = TEXTURE_FAMILIES[family]
        found = {}
        for name in names:
            known = [one[name] for one in each if not math.isnan(one[name])]
            found[f"{family}_{name}_{form}"] = sum(known) / len(known) if known else math.nan
        return found

    def _matrices(self, family: str, form: str) -> list:
        """Return the matrices whose features are averaged."""
        flat = not form.startswith("3D")
        parts = self.slices if flat else [self.region]
        if family in ("cm", "rlm"):
            steps = [step for step in HALF if step[0] == 0] if flat else HALF
            count = self._pairs if family == "cm" else self._runs
            table = [[count(part, step) for step in steps] for part in parts]
            if form == "2D_avg" or form == "3D_avg":
                return [matrix for row in table for matrix in row]
            if form == "2D_comb" or form == "3D_comb":
                return [added(row) for row in table]
            if form == "2_5D_avg":
                return [added(row[step] for row in table) for step in range(len(steps))]
            return [added(matrix for row in table for matrix in row)]
        counters: dict[str, Callable[[Region, bool], Matrix]] = {
            "szm": lambda part, flat: self._zones(part, flat, by_distance=False),
            "dzm": lambda part, flat: self._zones(part, flat, by_distance=True),
            "ngt": self._differences,
            "ngl": self._dependences,
        }
        found = [counters[family](part, flat) for part in parts]
        return [added(found)] if form == "2_5D" else found

    def _pairs(self, part: Region, step: Voxel) -> Matrix:
        counts: Counter[tuple[int, int]] = Counter()
        for voxel, level in part.items():
            for sign in (-1, 1):
                other = moved(voxel, step, sign * self.cm_distance)
                if other in part:
                    counts[level, part[other]] += 1
        return counts, len(part)

    def _runs(self, part: Region, step: Voxel) -> Matrix:
        counts: Counter[tuple[int, int]] = Counter()
        for voxel, level in part.items():
            if part.get(moved(voxel, step, -1)) == level:
                continue
            length = 1
            while part.get(moved(voxel, step, length)) == level:
                length += 1
            counts[level, length] += 1
        return counts, len(part)

    def _zones(self, part: Region, flat: bool, *, by_distance: bool) -> Matrix:
        counts: Counter[tuple[int, int]] = Counter()
        left = dict(part)
        while left:
            seed, level = left.popitem()
            zone, waiting = [], [seed]
            while waiting:
                voxel = waiting.pop()
                zone.append(voxel)
                for step in AROUND:
                    other = moved(voxel, step, 1)
                    if (not flat or step[0] == 0) and left.get(other) == level:
                        del left[other]
                        waiting.append(other)
            size = min(self._distance(voxel, flat) for voxel in zone) if by_distance else len(zone)
            counts[level, size] += 1
        return counts, len(part)

    def _distance(self, voxel: Voxel, flat: bool) -> int:
        """Search ever larger diamonds around the voxel for one outside the morphological mask."""
        distance = 0
        while True:
            distance += 1
            steps = range(-distance, distance + 1)
            for step in product((0,) if flat else steps, steps, steps):
                if sum(map(abs, step)) == distance and moved(voxel, step, 1) not in self.outline:
                    return distance

    def _around(self, voxel: Voxel, part: Region, flat: bool, distance: int) -> list[int]:
        steps = range(-distance, distance + 1)
        others = product((0,) if flat else steps, steps, steps)
        return [part[moved(voxel, step, 1)] for step in others if any(step) and moved(voxel, step, 1) in part]

    def _dependences(self, part: Region, flat: bool) -> Matrix:
        counts: Counter[tuple[int, int]] = Counter()
        for voxel, level in part.items():
            around = self._around(voxel, part, flat, self.ngl_distance)
            counts[level, 1 + sum(abs(level - other) <= self.alpha for other in around)] += 1
        return counts, len(part)

    def _differences(self, part: Region, flat: bool) -> Matrix:
        """Count voxels with neighbours in (i, 0) and sum their differences in (i, 1)."""
        counts: Counter[tuple[int, int]] = Counter()
        for voxel, level in part.items():
            around = self._around(voxel, part, flat, self.ngt_distance)
            if around:
                counts[level, 0] += 1
                counts[level, 1] += abs(level - sum(around) / len(around))
        return counts, len(part)

    def _features(self, family: str, matrix: Matrix) -> dict[str, float]:
        counts, voxels = matrix
        if not counts:
            return dict.fromkeys(TEXTURE_FAMILIES[family], math.nan)
        if family == "cm":
            return cm(counts, self.highest)
        if family == "ngt":
            return ngt(counts)
        return dict(zip(TEXTURE_FAMILIES[family], sizes(counts, voxels), strict=False))


def moved(voxel: Voxel, step: tuple[int, ...], times: int) -> Voxel:
    """The voxel some steps away."""
    z, y, x = (at + times * by for at, by in zip(voxel, step, strict=True))
    return z, y, x


def added(matrices: Iterable[Matrix]) -> Matrix:
    """Sum of matrices."""
    total: Counter[tuple[int, int]] = Counter()
    voxels = 0
    for counts, number in matrices:
        for cell, count in counts.items():
            total[cell] += count
        voxels += number
    return total, voxels


def entropy(shares: Iterable[float]) -> float:
    """Entropy in bits."""
    return -sum(p * math.log2(p) for p in shares if p > 0)


def cm(counts: Counter[tuple[int, int]], highest: int) -> dict[str, float]:
    """Features of a co-occurrence matrix, section 3.6."""
    total = sum(counts.values())
    p = {cell: count / total for cell, count in counts.items()}
    row: Counter[int] = Counter()
    minus: Counter[int] = Counter()
    plus: Counter[int] = Counter()
    for (i, j), share in p.items():
        row[i] += share
        minus[abs(i - j)] += share
        plus[i + j] += share
    mean = sum(i * share for i, share in row.items())
    variance = sum((i - mean) ** 2 * share for i, share in row.items())
    flat = len(row) == 1
    d_mean = sum(k * share for k, share in minus.items())
    s_mean = sum(k * share for k, share in plus.items())
    HXY, HX = entropy(p.values()), entropy(row.values())
    HXY1 = -sum(share * math.log2(row[i] * row[j]) for (i, j), share in p.items())
    HXY2 = entropy(a * b for a in row.values() for b in row.values())
    covariance = sum((i - mean) * (j - mean) * share for (i, j), share in p.items())
    return {
        "joint_max": max(p.values()),
        "joint_avg": mean,
        "joint_var": variance,
        "joint_entr": HXY,
        "diff_avg": d_mean,
        "diff_var": sum((k - d_mean) ** 2 * share for k, share in minus.items()),
        "diff_entr": entropy(minus.values()),
        "sum_avg": s_mean,
        "sum_var": sum((k - s_mean) ** 2 * share for k, share in plus.items()),
        "sum_entr": entropy(plus.values()),
        "energy": sum(share**2 for share in p.values()),
        "contrast": sum((i - j) ** 2 * share for (i, j), share in p.items()),
        "dissimilarity": sum(abs(i - j) * share for (i, j), share in p.items()),
        "inv_diff": sum(share / (1 + abs(i - j)) for (i, j), share in p.items()),
        "inv_diff_norm": sum(share / (1 + abs(i - j) / highest) for (i, j), share in p.items()),
        "inv_diff_mom": sum(share / (1 + (i - j) ** 2) for (i, j), share in p.items()),
        "inv_diff_mom_norm": sum(share / (1 + (i - j) ** 2 / highest**2) for (i, j), share in p.items()),
        "inv_var": sum(share / (i - j) ** 2 for (i, j), share in p.items() if i != j),
        "corr": math.nan if flat else covariance / variance,
        "auto_corr": sum(i * j * share for (i, j), share in p.items()),
        "clust_tend": sum((i + j - 2 * mean) ** 2 * share for (i, j), share in p.items()),
        "clust_shade": sum((i + j - 2 * mean) ** 3 * share for (i, j), share in p.items()),
        "clust_prom": sum((i + j - 2 * mean) ** 4 * share for (i, j), share in p.items()),
        "info_corr1": math.nan if flat else (HXY - HXY1) / HX,
        "info_corr2": math.sqrt(max(1 - math.exp(-2 * (HXY2 - HXY)), 0)),
    }


def sizes(counts: Counter[tuple[int, int]], voxels: int) -> list[float]:
    """Features of the matrices with sizes, sections 3.7 to 3.9 and 3.11."""
    N = sum(counts.values())
    by_level: Counter[int] = Counter()
    by_size: Counter[int] = Counter()
    for (i, j), count in counts.items():
        by_level[i] += count
        by_size[j] += count
    level_mean = sum(i * count for i, count in by_level.items()) / N
    size_mean = sum(j * count for j, count in by_size.items()) / N
    emphasis = [(0, -2), (0, 2), (-2, 0), (2, 0), (-2, -2), (2, -2), (-2, 2), (2, 2)]
    return [
        *(
            sum(count * float(i) ** a * float(j) ** b for (i, j), count in counts.items()) / N
            for a, b in emphasis
        ),
        sum(count**2 for count in by_level.values()) / N,
        sum(count**2 for count in by_level.values()) / N**2,
        sum(count**2 for count in by_size.values()) / N,
        sum(count**2 for count in by_size.values()) / N**2,
        N / voxels,
        sum((i - level_mean) ** 2 * count for i, count in by_level.items()) / N,
        sum((j - size_mean) ** 2 * count for j, count in by_size.items()) / N,
        entropy(count / N for count in counts.values()),
        sum((count / N) ** 2 for count in counts.values()),
    ]


def ngt(counts: Counter[tuple[int, int]]) -> dict[str, float]:
    """Features of a tone difference matrix, section 3.10."""
    n = {i: count for (i, kind), count in counts.items() if kind == 0}
    s = {i: counts[i, 1] for i in n}
    N = sum(n.values())
    p = {i: count / N for i, count in n.items()}
    pairs = list(product(n, repeat=2))
    weighted = sum(p[i] * s[i] for i in n)
    # i p_i - j p_j in whole numbers.
    divisor = sum(abs(i * n[i] - j * n[j]) for i, j in pairs) / N
    G = len(n)
    busyness = 0.0 if G == 1 else weighted / divisor if divisor else math.nan
    spread = sum(p[i] * p[j] * (i - j) ** 2 for i, j in pairs)
    return {
        "coarseness": min(1 / weighted, 1e6) if weighted else 1e6,
        "contrast": spread / (G * (G - 1)) * sum(s.values()) / N if G > 1 else 0.0,
        "busyness": busyness,
        "complexity": sum(abs(i - j) * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]) for i, j in pairs) / N,
        "strength": sum((p[i] + p[j]) * (i - j) ** 2 for i, j in pairs) / sum(s.values())
        if any(s.values())
        else 0.0,
    }
