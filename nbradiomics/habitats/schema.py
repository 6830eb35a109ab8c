"""Schemas of the tables of habitats."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

_KEY = ("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant")
_CASE = (*CASE, READER, READING, VARIANT)
_HABITAT = Column("habitat", "integer", "number of the habitat, by the mean of the first channel, ascending")
_MODEL = Column(
    "model",
    "text",
    "model of the habitats: `named` subjects, the `fold-1` and so on of a cross-fit, or `given` by a file",
)
_EMPTY = "the habitat has no voxel"
_MEANS = "a column `mean_CHANNEL` for each channel, in its units; empty if the habitat has no voxel"
_NO_CONFIDENCE = "the model has no confidence (k-means), or the habitat has no voxel"

HABITATS = Schema(
    name="Habitats",
    file="habitats.csv",
    row="a habitat of a region; a habitat that a region does not have is a row with the fraction 0",
    columns=(
        *_CASE,
        _HABITAT,
        Column("voxels", "integer", "voxels whose most probable habitat it is"),
        Column("fraction", "number", "their share of the voxels with a value"),
        Column(
            "expected_fraction",
            "number",
            "mean probability of the habitat over the voxels with a value: the fraction without a decision "
            "for each voxel",
            missing="the model has no confidence (k-means)",
        ),
        Column("volume_ml", "number", "volume", "ml"),
        Column("pieces", "integer", "connected pieces (26 neighbours)"),
        Column("largest_piece_ml", "number", "volume of the largest piece", "ml"),
        Column("confidence", "number", "mean confidence of its voxels", missing=_NO_CONFIDENCE),
        Column(
            "confident_voxels", "integer", "voxels with at least the stated confidence: those of its mask"
        ),
        Column("confident_fraction", "number", "their share of the voxels with a value"),
    ),
    key=(*_KEY, "habitat"),
    further=_MEANS,
    note="`nbradiomics habitats` writes this and the following tables into the folder `NAME_habitats` "
    "beside the cohort table.",
)

HABITAT_REGIONS = Schema(
    name="Regions with habitats",
    file="habitat_regions.csv",
    row="a region that was divided into habitats",
    columns=(
        *_CASE,
        _MODEL,
        Column("voxels", "integer", "voxels of the region"),
        Column(
            "no_value", "integer", "voxels without a value in one of the channels; they are in no habitat"
        ),
        Column(
            "below_confidence",
            "integer",
            "voxels with a value, but less than the stated confidence: in no mask",
        ),
        Column("confidence", "number", "stated confidence"),
        Column(
            "far",
            "number",
            "share of the voxels whose values are more than 6 standard deviations from those that fitted "
            "the model",
        ),
        Column(
            "errors",
            "text",
            "how the errors of the channels entered the confidence",
            values=("deconvolved", "smeared", "none"),
        ),
        Column(
            "map", "text", "file of the label map: number of the most probable habitat, 255 without a value"
        ),
    ),
    key=_KEY,
)

HABITAT_THRESHOLDS = Schema(
    name="Habitats by confidence",
    file="habitat_thresholds.csv",
    row="a habitat of a region at a least confidence",
    columns=(
        *_CASE,
        Column("threshold", "number", "least confidence of the voxels"),
        _HABITAT,
        Column(
            "kept", "number", "share of the voxels with a value that have this confidence, in any habitat"
        ),
        Column("voxels", "integer", "voxels of the habitat that have it"),
        Column("fraction", "number", "share of the habitat in the kept voxels", missing="no voxel is kept"),
    ),
    key=(*_KEY, "threshold", "habitat"),
    further=_MEANS,
)

HABITAT_INTERACTIONS = Schema(
    name="Spatial interactions of habitats",
    file="habitat_interactions.csv",
    row="a habitat and a habitat that its voxels touch",
    columns=(
        *_CASE,
        _HABITAT,
        Column("neighbour", "integer", "habitat of the other voxel; 0 is outside the region"),
        Column(
            "pairs",
            "integer",
            "pairs of neighbouring voxels; pairs within a habitat count in both directions",
        ),
        Column(
            "share",
            "number",
            "share of all pairs within the region",
            missing="the other voxel is outside, or no voxels touch",
        ),
    ),
    key=(*_KEY, "habitat", "neighbour"),
)

HABITAT_FEATURES = Schema(
    name="Features of habitats",
    file="habitat_features.csv",
    row="a region; if it could not be divided into habitats, all features are missing",
    columns=(
        *_CASE,
        Column(
            "in_training",
            "text",
            "whether the model behind an automatic mask was trained on the subject",
            values=("yes", "no"),
            missing="unknown, or the mask is by a reader",
            optional=True,
        ),
        Column(
            "in_fit",
            "text",
            "whether the subject's own data fitted the habitats",
            values=("yes", "no"),
            missing="not known",
            optional=True,
        ),
        Column("site", "text", "hospital or scanner", missing="not stated", optional=True),
    ),
    key=_KEY,
    left_out=("site",),
    further="for each habitat `habitat-1_fraction`, `habitat-1_volume_ml`, `habitat-1_pieces`, "
    "`habitat-1_largest_share` (share of the largest piece), `habitat-1_border` (share of its "
    "neighbours that are outside), `habitat-1_mean_CHANNEL`; for each two `interface_1-2` (share of "
    "the pairs within the region); of the spatial interaction matrix `msi_contrast`, "
    "`msi_homogeneity`, `msi_correlation`, `msi_energy`, `msi_entropy` and `msi_interface`; a "
    "missing value is undefined",
    note="A table of features like any other, for `reproducibility`, `outcome` and so on.",
)

HABITAT_MODELS = Schema(
    name="Models of habitats",
    file="habitat_models.csv",
    row="a habitat of a fitted model",
    columns=(
        _MODEL,
        _HABITAT,
        Column("subjects", "integer", "subjects that fitted the model"),
        Column("voxels", "integer", "voxels that fitted the model, the same number from each subject"),
        Column("weight", "number", "share of the habitat in these voxels"),
        Column(
            "distance",
            "number",
            "distance of the habitat's mean from that of the first model, in standard deviations of the "
            "channels; 0 for the first model",
        ),
    ),
    key=("model", "habitat"),
    further="columns `mean_CHANNEL` and, for a mixture, `sd_CHANNEL` for each channel, in its units "
    "(without the errors of the values, if they are deconvolved)",
)

HABITAT_NUMBERS = Schema(
    name="Number of habitats",
    file="habitat_numbers.csv",
    row="a number of habitats that was tried for a model",
    columns=(
        _MODEL,
        Column("clusters", "integer", "the number; 1 is no habitats"),
        Column("bic", "number", "Bayesian information criterion of the mixture per voxel; lower is better"),
        Column("silhouette", "number", "mean silhouette, -1 to 1; higher is better", missing="one cluster"),
        Column(
            "stability",
            "number",
            "median adjusted Rand index between the labels of this model and of 20 models of resampled "
            "subjects",
            missing="one cluster",
        ),
        Column("stability_low", "number", "10th percentile of these indices", missing="one cluster"),
        Column("stable", "flag", "whether the stability is 0.8 or more"),
        Column(
            "valley",
            "number",
            "density of the values between the two habitats that are least apart, as a share of the lower of "
            "their peaks; 1 is one peak: the habitats are parts of one group",
            missing="one cluster",
        ),
        Column("apart", "flag", "whether the valley is 0.95 or less"),
        Column(
            "chosen",
            "flag",
            "whether it is the number of the model: stated, or the best silhouette of those that are stable "
            "and apart",
        ),
    ),
    key=("model", "clusters"),
)

HABITAT_DIFFUSION = Schema(
    name="Diffusion of habitats",
    file="habitat_diffusion.csv",
    row="a habitat of a region whose scan has diffusion images",
    columns=(
        *_CASE,
        _HABITAT,
        Column("b_values", "text", "b-values of the images in s/mm2"),
        Column(
            "voxels", "integer", "voxels with at least the stated confidence, whose mean signal is fitted"
        ),
        Column("adc", "number", "ADC of the mean signal", "mm2/s", missing=f"{_EMPTY}, or the fit failed"),
        Column(
            "adc_error",
            "number",
            "its standard error from the noise alone, as if the noise of voxels were independent (in a "
            "resampled image it is not)",
            "mm2/s",
            missing="the noise is not known",
        ),
        Column(
            "sigma", "number", "noise of a voxel, in units of the images", missing="the noise is not known"
        ),
    ),
    key=(*_KEY, "habitat"),
)

#: In the order of the page of tables.
TABLES = (
    HABITATS,
    HABITAT_REGIONS,
    HABITAT_FEATURES,
    HABITAT_INTERACTIONS,
    HABITAT_THRESHOLDS,
    HABITAT_DIFFUSION,
    HABITAT_MODELS,
    HABITAT_NUMBERS,
)
