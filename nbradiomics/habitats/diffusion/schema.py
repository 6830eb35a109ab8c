"""The table of diffusion fits."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SCAN, VARIANT

_NO_SIGMA = "the noise is not known"

DIFFUSION = Schema(
    name="Diffusion fits",
    file="diffusion.csv",
    row="a scan with diffusion images",
    columns=(
        *SCAN,
        VARIANT,
        Column("b_values", "text", "b-values of the images in s/mm2"),
        Column("noise_floor", "flag", "whether the model includes the noise floor (Rician noise)"),
        Column(
            "noise_source",
            "text",
            "where the noise was taken from",
            values=("residuals", "background", "given"),
            missing="the noise is not known, and so neither is the error of the ADC",
        ),
        Column(
            "sigma", "number", "standard deviation of the noise, in units of the images", missing=_NO_SIGMA
        ),
        Column(
            "snr", "number", "median signal at the lowest b-value in units of the noise", missing=_NO_SIGMA
        ),
        Column(
            "region",
            "text",
            "voxels that the following columns describe: those of all `masks` of the scan, or those "
            "brighter than Otsu's threshold if it has no mask on this grid",
            values=("masks", "bright voxels"),
        ),
        Column("voxels", "integer", "voxels of the region"),
        Column("fitted", "integer", "voxels of the region with a valid ADC"),
        Column(
            "no_signal",
            "integer",
            "voxels with a signal of 0 or less, or none (NaN, infinity), in one of the images",
        ),
        Column("not_converged", "integer", "voxels whose fit found no optimum"),
        Column(
            "at_noise",
            "integer",
            "voxels whose signal at the lowest b-value is below 3 times the noise, or with an ADC below its "
            "error",
        ),
        Column("negative", "integer", "voxels with an ADC of 0 or less"),
        Column("too_large", "integer", "voxels with an ADC above 0.01 mm2/s (free water in the body: 0.003)"),
        Column("adc", "number", "median ADC of the valid voxels", "mm2/s", missing="no voxel is valid"),
        Column(
            "adc_error",
            "number",
            "median standard error of the ADC of the valid voxels",
            "mm2/s",
            missing="no voxel is valid, or the noise is not known",
        ),
        Column(
            "misfit",
            "number",
            "residuals in units of the noise: about 1 if the model describes the signals, larger with "
            "perfusion, kurtosis or motion",
            missing="two images, or the noise is estimated from the residuals",
        ),
    ),
    key=("subject", "timepoint", "sequence", "variant"),
    note="`nbradiomics adc` writes it beside the cohort table, as `NAME.diffusion.csv`. Each invalid voxel "
    "is counted once, in the first column that applies.",
)
