"""Features of the co-occurrence of grey levels: the class `glcm` and the family `cm`.

The bounds follow from the definitions: levels lie between 1 and Ng, so that their difference is at most
Ng - 1, and a variance at most a quarter of the square of its range.
"""

from __future__ import annotations

from nbradiomics.nomenclature.entry import Entry
from nbradiomics.nomenclature.rows import LEVELS, entries, row

_SAME = "PyRadiomics retired it: it equals {}"

ROWS = (
    row(
        "MaximumProbability",
        "joint_max",
        "Joint maximum",
        "Share of the most frequent pair of neighbouring grey levels.",
        highest="1",
    ),
    row(
        "JointAverage",
        "joint_avg",
        "Joint average",
        "Mean grey level over all pairs of neighbours.",
        lowest="1",
        highest="Ng",
    ),
    row(
        "SumSquares",
        "joint_var",
        "Joint variance",
        "Variance of the grey level over all pairs of neighbours.",
        highest="(Ng - 1)**2 / 4",
    ),
    row(
        "JointEntropy",
        "joint_entr",
        "Joint entropy",
        "Entropy, in bits, of the pairs of neighbouring grey levels.",
        highest="2 * log2(Ng)",
    ),
    row(
        "DifferenceAverage",
        "diff_avg",
        "Difference average",
        "Mean absolute difference of the grey levels of neighbours.",
        highest="Ng - 1",
    ),
    row(
        "DifferenceVariance",
        "diff_var",
        "Difference variance",
        "Variance of the absolute difference of the grey levels of neighbours.",
        highest="(Ng - 1)**2 / 4",
    ),
    row(
        "DifferenceEntropy",
        "diff_entr",
        "Difference entropy",
        "Entropy, in bits, of the absolute difference of the grey levels of neighbours.",
        highest="log2(Ng)",
    ),
    row(
        "SumAverage",
        "sum_avg",
        "Sum average",
        "Mean sum of the grey levels of neighbours.",
        lowest="2",
        highest="2 * Ng",
    ),
    row(
        "SumVariance",
        "sum_var",
        "Sum variance",
        "Variance of the sum of the grey levels of neighbours.",
        highest="(Ng - 1)**2",
        deprecated=_SAME.format("ClusterTendency"),
    ),
    row(
        "SumEntropy",
        "sum_entr",
        "Sum entropy",
        "Entropy, in bits, of the sum of the grey levels of neighbours.",
        highest="log2(2 * Ng - 1)",
    ),
    row(
        "JointEnergy",
        "energy",
        "Angular second moment",
        "Sum of the squared shares of the pairs of neighbouring grey levels.",
        highest="1",
    ),
    row(
        "Contrast",
        "contrast",
        "Contrast",
        "Mean squared difference of the grey levels of neighbours.",
        highest="(Ng - 1)**2",
    ),
    row(
        "Dissimilarity",
        "dissimilarity",
        "Dissimilarity",
        "Mean absolute difference of the grey levels of neighbours, as the difference average.",
        highest="Ng - 1",
        deprecated=_SAME.format("DifferenceAverage"),
    ),
    row(
        "Id",
        "inv_diff",
        "Inverse difference",
        "Mean of 1 / (1 + the absolute difference of the grey levels of neighbours).",
        highest="1",
    ),
    row(
        "Homogeneity1",
        "",
        "Homogeneity 1",
        "The inverse difference under another name.",
        highest="1",
        deprecated=_SAME.format("Id"),
    ),
    row(
        "Idn",
        "inv_diff_norm",
        "Normalised inverse difference",
        "Inverse difference, in which each difference is first divided by the number of grey levels.",
        highest="1",
    ),
    row(
        "Idm",
        "inv_diff_mom",
        "Inverse difference moment",
        "Mean of 1 / (1 + the squared difference of the grey levels of neighbours).",
        highest="1",
    ),
    row(
        "Homogeneity2",
        "",
        "Homogeneity 2",
        "The inverse difference moment under another name.",
        highest="1",
        deprecated=_SAME.format("Idm"),
    ),
    row(
        "Idmn",
        "inv_diff_mom_norm",
        "Normalised inverse difference moment",
        "Inverse difference moment, in which each difference is first divided by the number of grey levels.",
        highest="1",
    ),
    row(
        "InverseVariance",
        "inv_var",
        "Inverse variance",
        "Mean of 1 / the squared difference of the grey levels of neighbours; equal levels count as 0.",
        highest="1",
    ),
    row(
        "Correlation",
        "corr",
        "Correlation",
        "Pearson's correlation of the grey levels of neighbours.",
        lowest="-1",
        highest="1",
    ),
    row(
        "Autocorrelation",
        "auto_corr",
        "Autocorrelation",
        "Mean product of the grey levels of neighbours.",
        lowest="1",
        highest="Ng**2",
    ),
    row(
        "ClusterTendency",
        "clust_tend",
        "Cluster tendency",
        "Mean squared distance of the sum of neighbouring grey levels from its mean.",
        highest="(Ng - 1)**2",
    ),
    row(
        "ClusterShade",
        "clust_shade",
        "Cluster shade",
        "Mean third power of the distance of the sum of neighbouring grey levels from its mean.",
        lowest="-(2 * Ng - 2)**3",
        highest="(2 * Ng - 2)**3",
    ),
    row(
        "ClusterProminence",
        "clust_prom",
        "Cluster prominence",
        "Mean fourth power of the distance of the sum of neighbouring grey levels from its mean.",
        highest="(2 * Ng - 2)**4",
    ),
    row(
        "Imc1",
        "info_corr1",
        "First measure of information correlation",
        "How far the joint entropy lies below that of independent neighbours, relative to the entropy of a "
        "single level; 0 for independent neighbours.",
        lowest="-1",
        highest="0",
    ),
    row(
        "Imc2",
        "info_corr2",
        "Second measure of information correlation",
        "How far neighbours depend on each other, from the difference of the joint entropy to that of "
        "independent neighbours; 0 for independent neighbours.",
        highest="1",
    ),
    row(
        "MCC",
        "",
        "Maximal correlation coefficient",
        "Largest correlation that any transformation of the grey levels of neighbours can reach.",
        highest="1",
    ),
)
ENTRIES: list[Entry] = entries(ROWS, "glcm", "cm", lowest="0", **LEVELS)
