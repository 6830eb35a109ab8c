"""Overlap of two binary volumes, and the direction of their difference."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True)
class Counts:
    """Voxel counts of a mask against a reference, within the field that is counted.

    Attributes
    ----------
    both, mask_only, reference_only, neither
        TP, FP, FN and TN.
    """

    both: int
    mask_only: int
    reference_only: int
    neither: int

    @property
    def mask(self) -> int:
        """Voxels of the mask."""
        return self.both + self.mask_only

    @property
    def reference(self) -> int:
        """Voxels of the reference."""
        return self.both + self.reference_only

    def swapped(self) -> Counts:
        """Counts of the reference against the mask."""
        return Counts(self.both, self.reference_only, self.mask_only, self.neither)


def overlap(counts: Counts) -> dict[str, float]:
    """Overlap of a mask with a reference.

    Parameters
    ----------
    counts
        TP, FP, FN and TN.

    Returns
    -------
    dict
        - ``dice`` = 2 TP / (2 TP + FP + FN), 0 to 1 [1]_;
        - ``jaccard`` = TP / (TP + FP + FN), 0 to 1 [1]_;
        - ``volumetric_similarity`` = 1 - abs(FP - FN) / (2 TP + FP + FN), 0 to 1 [1]_: 1 for equal volumes,
          even if they do not overlap;
        - ``sensitivity`` = TP / (TP + FN), 0 to 1 [1]_;
        - ``precision`` = TP / (TP + FP), 0 to 1 [1]_;
        - ``specificity`` = TN / (TN + FP), 0 to 1 [1]_;
        - ``fprm`` = FP / (TP + FN), 0 upwards: false positives over the *reference* volume [2]_;
        - ``fnr`` = FN / (TP + FN) = 1 - sensitivity, 0 to 1 [2]_;
        - ``kappa`` = 2 (TP TN - FP FN) / ((TP + FP)(FP + TN) + (TP + FN)(FN + TN)), -1 to 1 [3]_: Cohen's
          kappa of a two-by-two table, without inner fractions;
        - ``auc_binary`` = (sensitivity + specificity) / 2, 0 to 1 [1]_: area under the ROC curve with one
          point between its ends.

        A quotient with a denominator of 0, such as the volume of an empty reference, is NaN.

    References
    ----------
    .. [1] Taha AA, Hanbury A. BMC Med Imaging 2015;15:29.
    .. [2] Veiga-Canuto D et al. Cancers 2022;14:3648.
    .. [3] Cohen J. Educ Psychol Meas 1960;20:37-46.
    """
    # Python integers: floating-point products, as in kappa, would round before the division.
    tp, fp, fn, tn = counts.both, counts.mask_only, counts.reference_only, counts.neither
    sensitivity, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    return {
        "dice": _ratio(2 * tp, 2 * tp + fp + fn),
        "jaccard": _ratio(tp, tp + fp + fn),
        "volumetric_similarity": _ratio(2 * tp + fp + fn - abs(fp - fn), 2 * tp + fp + fn),
        "sensitivity": sensitivity,
        "precision": _ratio(tp, tp + fp),
        "specificity": specificity,
        "fprm": _ratio(fp, tp + fn),
        "fnr": _ratio(fn, tp + fn),
        "kappa": _ratio(2 * (tp * tn - fp * fn), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)),
        "auc_binary": (sensitivity + specificity) / 2,
    }


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else nan
