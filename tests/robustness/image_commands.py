"""Commands that write images or masks of a cohort with diffusion images, without `--out` and `--jobs`."""

from __future__ import annotations

COMMANDS: dict[str, tuple[object, ...]] = {
    "rois": ("rois", "cohort.csv", "--ring", 2, "--rim", 1),
    "prepare": ("prepare", "cohort.csv", "--steps", "nyul:over=image", "--fit-folds", 2),
    "adc": ("adc", "cohort.csv"),
    "habitats": (
        *("habitats", "cohort.csv", "--channels", "T2w", "--clusters", 2),
        *("--fit-folds", 2, "--sample", 500),
    ),
}
