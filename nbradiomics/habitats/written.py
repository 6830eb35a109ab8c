"""Write what was found about habitats into its folder, and remove what an earlier call left there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path, PurePosixPath

from nbradiomics.files.owned_folder import remove_files
from nbradiomics.habitats.cohort import HabitatCohort
from nbradiomics.habitats.files import is_habitat_file
from nbradiomics.habitats.one_case import CONFIDENCE, MAP, MASKS


def write_habitats(done: HabitatCohort, folder: Path, *, maps: Collection[Path] = ()) -> None:
    """Write tables and models; remove maps of cases, and models of folds, that this result does not have.

    Parameters
    ----------
    done
        The result.
    folder
        Its folder, with the maps of its cases.
    maps
        Feature maps in the folder that are channels.
    """
    models = {"model.json": done.model}
    if len(done.models) > 1:
        models |= {f"model_{name}.json": model for name, model in done.models.items()}
    kept = {*models, *_case_files(done), *(path.name for path in maps)}

    def is_left(path: PurePosixPath) -> bool:
        replaced = path.name.endswith((".nii.gz", ".json"))
        return replaced and is_habitat_file(path) and path.name not in kept

    remove_files(folder, is_left)
    done.tables.write(folder)
    for name, model in models.items():
        model.write(folder / name)


def _case_files(done: HabitatCohort) -> set[str]:
    stems = [name.removesuffix(f"_{MAP}.nii.gz") for name in done.tables.regions["map"]]
    endings = (MAP, CONFIDENCE, MASKS) if done.model.has_confidence else (MAP, MASKS)
    return {f"{stem}_{ending}.nii.gz" for stem in stems for ending in endings}
