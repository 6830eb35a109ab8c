"""Reproducibility of features: what is repeated, and how similar its values are; without outcomes."""

from nbradiomics.reproducibility.clusters.clusters import cluster_sentences, correlation_clusters
from nbradiomics.reproducibility.clusters.settings import ClusterSettings
from nbradiomics.reproducibility.copies import copied_masks
from nbradiomics.reproducibility.designs import DESIGNS, Arrangement, Design, arrange
from nbradiomics.reproducibility.rules.combined import combine_rules, combined_sentences
from nbradiomics.reproducibility.rules.settings import CombinedRules, ReproducibilityStudy, RulesFile
from nbradiomics.reproducibility.rules.several import features_of_study, study_results
from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS, StabilitySettings
from nbradiomics.reproducibility.stability import (
    CAUTION_BELOW,
    assess_reproducibility,
    compared_levels,
    ratings_array,
    read_stable,
)
from nbradiomics.reproducibility.statistics.icc import IccResult, icc
from nbradiomics.reproducibility.variance.text import variance_sentences
from nbradiomics.reproducibility.variance.variance import variance_components
from nbradiomics.reproducibility.wording import (
    LIMITS,
    limits_text,
    not_confirmed,
    rests_on,
    stable_text,
    summary_sentences,
    training_sentences,
)

__all__ = [
    "CAUTION_BELOW",
    "DESIGNS",
    "LIMITS",
    "MINIMUM_SUBJECTS",
    "Arrangement",
    "ClusterSettings",
    "CombinedRules",
    "Design",
    "IccResult",
    "ReproducibilityStudy",
    "RulesFile",
    "StabilitySettings",
    "arrange",
    "assess_reproducibility",
    "cluster_sentences",
    "combine_rules",
    "combined_sentences",
    "compared_levels",
    "copied_masks",
    "correlation_clusters",
    "features_of_study",
    "icc",
    "limits_text",
    "not_confirmed",
    "ratings_array",
    "read_stable",
    "rests_on",
    "stable_text",
    "study_results",
    "summary_sentences",
    "training_sentences",
    "variance_components",
    "variance_sentences",
]
