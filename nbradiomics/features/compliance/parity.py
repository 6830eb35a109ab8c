"""Largest differences from PyRadiomics at which the native engine's values are called the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

#: Relative difference of a numerically stable feature.
RELATIVE = 1e-9
#: Difference of features that vanish by cancellation, relative to the sum of the absolute terms.
CANCELLING = 1e-12
#: Relative and absolute difference of eigenvalues, and of logarithms of nearly equal entropies.
LOOSE, LOOSE_ABSOLUTE = 1e-6, 1e-7

#: Features that cancellation can bring near 0, each with a bound of its summed absolute terms.
_CANCELLING: Mapping[str, Callable[[Mapping[str, float]], float]] = {
    "firstorder_Mean": lambda v: max(abs(v["firstorder_Minimum"]), abs(v["firstorder_Maximum"])),
    # By Lyapunov's inequality the third absolute moment is at most the fourth to the power 3/4.
    "firstorder_Skewness": lambda v: max(1.0, v["firstorder_Kurtosis"] ** 0.75),
    "firstorder_Entropy": lambda _: 1.0,
    "glcm_ClusterShade": lambda v: max(1.0, v["glcm_ClusterProminence"] ** 0.75),
    "glcm_Correlation": lambda v: max(1.0, 2 * v["glcm_Autocorrelation"] / (v["glcm_SumSquares"] or 1.0)),
}
#: Entropies (with a single term 0, except for the small number under the logarithm), and variances (with a
#: single value 0, except for rounding).
_FLAT = ("Entropy", "Variance", "ClusterTendency", "ClusterProminence", "SumSquares", "Skewness", "Kurtosis")
_LOOSE = ("glcm_MCC", "glcm_Imc1", "glcm_Imc2", "AxisLength", "_Elongation", "_Flatness")


def allowed_difference(name: str, values: Mapping[str, float]) -> float:
    """Return the largest difference from PyRadiomics' value at which a feature is called the same.

    Parameters
    ----------
    name
        Name of the feature, such as ``original_glcm_Contrast``.
    values
        PyRadiomics' features of the region; those of the same image give the bounds of the summed terms.

    Returns
    -------
    float
        Absolute difference; NaN if PyRadiomics' value is NaN.
    """
    feature = "_".join(name.split("_")[-2:])
    expected = abs(values[name])
    if feature.endswith(_LOOSE):
        return max(LOOSE * expected, LOOSE_ABSOLUTE)
    near = RELATIVE * expected
    of_image = {key.removeprefix(name.removesuffix(feature)): value for key, value in values.items()}
    if feature in _CANCELLING:
        try:
            return max(near, CANCELLING * _CANCELLING[feature](of_image))
        except KeyError:  # the features of the bound were not requested
            return near
    return max(near, CANCELLING) if feature.endswith(_FLAT) else near
