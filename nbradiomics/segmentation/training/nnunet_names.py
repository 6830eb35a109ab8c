"""Names of a training in nnU-Net's files, and the environment variables with their folders."""

from __future__ import annotations

from pathlib import Path

DATASET = "Dataset901_Training"
CONFIGURATION = "3d_fullres"
PLANS_NAME = "nnUNetPlans"


def variables(work: Path) -> dict[str, str | None]:
    """Environment variables that nnU-Net needs."""
    folders = {
        name: str(work / name.removeprefix("nnUNet_"))
        for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
    }
    return {**folders, "nnUNet_wandb_enabled": "0"}
