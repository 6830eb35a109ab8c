"""Result folders of single commands: who may write there, by the rule of `nbradiomics.files.owned_folder`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.cohort import Cohort
    from nbradiomics.files.owned_folder import Mark


@contextmanager
def working_on_segmentation(cohort: Cohort, masks: Path, maps: Path | None, key: str) -> Iterator[None]:
    """Lock the folders of masks and maps, so that no other segmentation writes different files there."""
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.workflows.folder import cohort_owner

    with ExitStack() as stack:
        for folder in [masks, maps] if maps else [masks]:
            stack.enter_context(working_in(folder, str(cohort_owner("segmentation", cohort)), key))
        yield


def claim_segmentation(cohort: Cohort, masks: Path, maps: Path | None, *, replacing: bool) -> None:
    """Claim the folders of masks and maps for a cohort; remove files of scans that it no longer contains."""
    from nbradiomics.files.owned_folder import claim, leftovers, read_mark, remove_files
    from nbradiomics.segmentation.cohort import scan_stems
    from nbradiomics.workflows.folder import cohort_owner, is_model_image

    owner, stems = cohort_owner("segmentation", cohort), frozenset(scan_stems(cohort))
    for folder in [masks, maps] if maps else [masks]:
        claim(folder, owner, is_model_image, names=stems, replacing=replacing)
        mark = read_mark(folder)
        gone = mark.names - stems if mark else frozenset()
        remove_files(folder, partial(is_model_image, stems=gone))
        remove_files(folder, leftovers(folder))


@contextmanager
def working_on_images(
    kind: str,
    cohort: Cohort,
    folder: Path,
    key: str,
    belongs: Callable[[PurePosixPath, Collection[str]], bool],
    *,
    replacing: bool,
) -> Iterator[None]:
    """Claim and lock a folder of images or masks that are made from a cohort.

    `kind` names what is in it, and `belongs` says which files are of this kind.
    """
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.files.owned_folder import claim, leftovers, remove_files
    from nbradiomics.workflows.folder import cohort_owner

    owner = cohort_owner(kind, cohort)
    with working_in(folder, str(owner), key):
        claim(folder, owner, belongs, replacing=replacing)
        remove_files(folder, leftovers(folder))
        yield


@contextmanager
def working_on_export(cohort: Cohort, folder: Path, key: str, *, replacing: bool) -> Iterator[None]:
    """Claim and lock the folder of a cohort's DICOM objects."""
    from nbradiomics.dicom.export.cohort import is_export_file
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.files.owned_folder import claim
    from nbradiomics.workflows.folder import cohort_owner

    owner = cohort_owner("export to DICOM", cohort)
    with working_in(folder, str(owner), key):
        claim(folder, owner, is_export_file, replacing=replacing)
        yield


def claim_outcome(out: Path, *, files: Sequence[Path], endpoint: Endpoint, replacing: bool) -> None:
    """Claim a folder for the outcome models of one endpoint, from a feature and a clinical table, or more.

    Files for a paper are removed: they show earlier results.
    """
    from nbradiomics.execution.workspace import content_hash
    from nbradiomics.files.owned_folder import Owner, claim
    from nbradiomics.report.paper.files import remove_paper
    from nbradiomics.workflows.folder import is_outcome_file

    features, *others = files
    owner = Owner(
        f"outcome of {endpoint.text}",
        features.name,
        os.path.abspath(features),
        "; ".join(os.path.abspath(path) for path in others),
        frozenset(content_hash(path) for path in files),
    )
    claim(out, owner, is_outcome_file, earlier=_earlier_outcome, replacing=replacing)
    remove_paper(out)


def remove_conclusions(out: Path) -> None:
    """Remove pages and evidence of earlier outcome models: they say nothing of tables that come now."""
    from nbradiomics.evidence.write import EVIDENCE
    from nbradiomics.report.model_card import CARD, FILE
    from nbradiomics.report.pages import claim_outcome_page
    from nbradiomics.report.render import claim_page

    for page in (claim_outcome_page(out), claim_page(out / FILE, CARD), out / EVIDENCE):
        page.unlink(missing_ok=True)


def _earlier_outcome(folder: Path) -> Mark | None:
    """Mark of a folder written by release 0.3.0, which did not record the input tables."""
    from nbradiomics.files.owned_folder import Mark, Owner

    files = ("performance.csv", "predictions.csv", "kaplan_meier.csv", "selection.csv", "summary.json")
    made = all((folder / name).is_file() for name in files)
    return Mark(Owner("outcome of an earlier release", "", "", "")) if made else None


@contextmanager
def renewed(tables: list[Path]) -> Iterator[None]:
    """Remove tables whose files are written again: a command that is stopped must not leave them behind.

    The files of other settings may have the same names. What is refused before any work restores the tables.
    """
    from nbradiomics.errors import InputError

    earlier = {table: table.read_bytes() for table in tables if table.is_file()}
    for table in earlier:
        table.unlink()
    try:
        yield
    except InputError:
        for table, content in earlier.items():
            table.write_bytes(content)
        raise
