"""Commands that write images or masks of a cohort with diffusion images, without `--out` and `--jobs`."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.files.owned_folder import MARK

COMMANDS: dict[str, tuple[object, ...]] = {
    "rois": ("rois", "cohort.csv", "--ring", 2, "--rim", 1),
    "prepare": ("prepare", "cohort.csv", "--steps", "nyul:over=image", "--fit-folds", 2),
    "adc": ("adc", "cohort.csv"),
    "habitats": (
        *("habitats", "cohort.csv", "--channels", "T2w", "--clusters", 2),
        *("--fit-folds", 2, "--sample", 500),
    ),
}


def made(folder: Path) -> dict[str, bytes]:
    """What a command wrote, except what tells of the call itself."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARK and not path.name.endswith(".provenance.json")
    }
