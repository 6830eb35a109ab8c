"""The section `perturbation` of a study file: its chain, its masks, and its study of reproducibility."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbradiomics.cohort.chosen_masks import ChosenMasks
from nbradiomics.files.names import absolute_path
from nbradiomics.files.regular_file import exists
from nbradiomics.perturbation.chain import LETTERS
from nbradiomics.perturbation.settings import PerturbationChain
from nbradiomics.settings import Settings

#: Name of the section, and of its study of reproducibility.
PERTURBATION = "perturbation"
#: What the study compares, unless the user's own study of this name says otherwise.
_COMPARED = {"across": "variant", "form": "1"}
_ENDINGS = (".yaml", ".yml")


class Perturbation(ChosenMasks, PerturbationChain):
    """Variants of the masks of one reader and their images, made in memory."""


def with_study_of_variants(data: Any) -> Any:
    """Add the study of reproducibility of the section `perturbation` to the content of a study file.

    Its keys are those of the user's own study of this name, as far as he gives them.
    """
    if not isinstance(data, Mapping) or data.get(PERTURBATION) is None:
        return data
    section = _stated(data.get("reproducibility", {}))
    studies = _stated(section.get("studies", {})) if isinstance(section, Mapping) else None
    given = _stated(studies.get(PERTURBATION, {})) if isinstance(studies, Mapping) else None
    if not isinstance(section, Mapping) or not isinstance(studies, Mapping) or not isinstance(given, Mapping):
        return data  # reported as every value of a wrong kind
    own = given if given.get("table") is not None else {**_COMPARED, **given}
    return {**data, "reproducibility": {**section, "studies": {**studies, PERTURBATION: own}}}


def _stated(section: Any) -> Any:
    return section.stated() if isinstance(section, Settings) else section


def with_chain_in(section: Perturbation, folder: Path) -> Perturbation:
    """Return the section with the absolute path of its chain, if it is a file; relative to a folder."""
    chain = section.chain
    if not chain.endswith(_ENDINGS) and (
        set(chain) <= set(LETTERS) or not exists(absolute_path(folder, chain))
    ):
        return section
    return section.model_copy(update={"chain": str(absolute_path(folder, chain))})


def chain_file(section: Perturbation | None) -> Path | None:
    """Return the file of the chain; ``None`` for letters."""
    return Path(section.chain) if section is not None and Path(section.chain).is_absolute() else None
