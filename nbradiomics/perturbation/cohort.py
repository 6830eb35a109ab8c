"""Perturb the images and masks of a cohort, and write them with a cohort table of their variants."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Case, Cohort, CohortSource, Scan, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.lesions import divided
from nbradiomics.cohort.variants import as_originals
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import image_files
from nbradiomics.perturbation.chain import read_chain
from nbradiomics.perturbation.disagreement import Disagreement
from nbradiomics.perturbation.one_image import How, ImageJob, MadeVariants, MaskJob
from nbradiomics.perturbation.reader_model import estimate_readers
from nbradiomics.perturbation.schema import PERTURBATIONS
from nbradiomics.perturbation.settings import PerturbationSettings
from nbradiomics.perturbation.variant import Variant
from nbradiomics.settings import spread
from nbradiomics.tables.result import Result

STAGE = StageName.PERTURB
#: Folders of the variants' images and masks.
IMAGES, MASKS = "images", "masks"


@dataclass(frozen=True, repr=False)
class PerturbedCohort(Result):
    """Result of `perturb_cohort`.

    Attributes
    ----------
    cohort
        The originals, and a row for every variant of every mask that could be made.
    table
        Columns of `perturbation.schema.PERTURBATIONS`, one row per variant of a mask.
    failures
        Variants that failed.
    disagreement
        How two readers of the cohort differ, if readers were simulated.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]
    disagreement: Disagreement | None


#: Tables that the command writes into the folder too.
_TABLES = re.compile(r"(cohort|perturbations)(\.failures)?\.csv|cohort\.(failures\.log|provenance\.json)")


@spread(settings=PerturbationSettings, execution=Execution)
def perturb_cohort(
    cohort: CohortSource,
    *,
    out: str | Path,
    label: int = DEFAULT_LABEL,
    settings: PerturbationSettings = PerturbationSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> PerturbedCohort:
    """Make perturbed variants of the images and masks of a cohort.

    Derived regions (habitats, rings, rims, cores) get no variants: they are made again
    from those of the mask.

    Parameters
    ----------
    cohort
        The originals: a cohort table (a file or a DataFrame), or a loaded cohort, with masks.
    out
        Output folder: the variants are written to ``images`` and ``masks`` in it, as compressed NIfTI files.
        An image that a variant does not change is not written again.
    label
        Label of masks for which the cohort table names none. The masks of the variants have label 1.
    settings
        Chain, seed and reader. Each field is also a keyword of this function: ``chain="RT"``.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When the chain is invalid, the cohort has no mask or already has variants, or readers should be
        simulated but too few tumours were drawn by two readers.

    Examples
    --------
    >>> done = perturb_cohort("cohort.csv", out="variants", chain="V")
    >>> len(done.table), len(done.failures)
    (180, 0)
    """
    cohort = load_cohort(cohort)
    cohort = as_originals(cohort, "a perturbation")
    variants = read_chain(settings.chain, settings.seed)
    cases = _chosen_cases(cohort, settings.reader)
    disagreement: Disagreement | None = None
    failures: list[Failure] = []
    if any(variant.reader for variant in variants):
        disagreement, failures = estimate_readers(
            cohort.cases(), label=label, seed=settings.seed, execution=execution
        )
    jobs = _jobs(cases, variants, Path(out), How(label, settings.seed, disagreement))
    batch = execution.map(
        ImageJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadeVariants,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    payloads = list(batch.results.values())
    failures = [*failures, *batch.failures]
    failures += [Failure(*failure) for payload in payloads for failure in payload["failures"]]
    made = {(row["case"], row["variant"]): row for payload in payloads for row in payload["rows"]}
    order = [(case, variant) for case in cases for variant in variants if (case.name, variant.name) in made]
    table = PERTURBATIONS.table([_row(*key, made, settings.seed) for key in order])
    files = {
        (one.case.name, one.variant.name): (job.file, one.file) for job in jobs.values() for one in job.masks
    }
    return PerturbedCohort(_with_variants(cohort, order, files), table, failures, disagreement)


def _chosen_cases(cohort: Cohort, reader: str | None) -> list[Case]:
    if reader is not None and reader not in cohort.readers():
        known = ", ".join(cohort.readers()) or "none"
        raise InputError(f"{cohort.path} has no reader {reader!r}.", f"Readers in the table: {known}.")
    drawn, _ = divided(cohort.cases())
    cases = [case for case in drawn if reader in (None, case.reader)]
    if not cases:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    return cases


def _jobs(cases: Sequence[Case], variants: Sequence[Variant], out: Path, how: How) -> dict[str, ImageJob]:
    """One job for every scan and every part of the variants that changes its image."""
    by_scan: dict[Scan, list[Case]] = {}
    for case in cases:
        by_scan.setdefault(case.scan, []).append(case)
    by_image: dict[Variant, list[Variant]] = {}
    for variant in variants:
        by_image.setdefault(variant.of_image, []).append(variant)
    pairs = [(scan, image) for scan in by_scan for image in by_image]
    images = image_files(out / IMAGES, [(*scan.key[:3], image.name) for scan, image in pairs])
    drawn = [
        (case, variant) for scan, image in pairs for case in by_scan[scan] for variant in by_image[image]
    ]
    masks = image_files(out / MASKS, [(*_words(case), variant.name) for case, variant in drawn])
    mask_of = {(case.name, variant.name): file for (case, variant), file in zip(drawn, masks, strict=True)}
    return {
        f"{scan.name}/{image.name}": ImageJob(
            scan,
            image,
            scan.image if image == Variant() else file,
            tuple(
                MaskJob(case, variant, mask_of[case.name, variant.name])
                for case in by_scan[scan]
                for variant in by_image[image]
            ),
            how,
        )
        for (scan, image), file in zip(pairs, images, strict=True)
    }


def _words(case: Case) -> tuple[str, ...]:
    return (*case.scan.key[:3], case.roi, case.reader, str(case.reading))


def _row(
    case: Case, variant: Variant, made: Mapping[tuple[str, str], Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    x, y, z = variant.translation
    return {
        **case.index(),
        **variant.model_dump(include={"noise", "rotation", "volume", "contour"}),
        "translation_x": x,
        "translation_y": y,
        "translation_z": z,
        "simulated_reader": variant.reader,
        "seed": seed,
        **made[case.name, variant.name],
    }


def _with_variants(
    cohort: Cohort, order: Sequence[tuple[Case, Variant]], files: Mapping[tuple[str, str], tuple[Path, Path]]
) -> Cohort:
    """Add a row for each variant that was made, like the row of its mask."""
    originals: dict[tuple[Any, ...], dict[Any, Any]] = {
        tuple(row[name] for name in (*SCAN, "roi", "reader", "reading")): dict(row)
        for row in cohort.table[cohort.table["mask"] != ""].to_dict("records")
    }
    rows = []
    for case, variant in order:
        image, mask = files[case.name, variant.name]
        own = {"variant": variant.name, "image": str(image), "mask": str(mask), "label": 1}
        original = originals[(*case.scan.key[:3], case.roi, case.reader, case.reading)]
        rows.append({**original, **own, "probability": "", "minutes": "", "channel": ""})
    table = pd.concat([cohort.table, pd.DataFrame(rows, columns=cohort.table.columns)], ignore_index=True)
    return Cohort(table, cohort.path)


def is_variant_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in a folder of variants is one of them, or a table of the command."""
    if len(path.parts) == 2:
        return path.parts[0] in (IMAGES, MASKS) and path.name.endswith(".nii.gz")
    return _TABLES.fullmatch(str(path)) is not None
