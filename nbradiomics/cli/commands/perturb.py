"""The command `perturb`: write perturbed variants of images and masks, and their cohort table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import notes, output
from nbradiomics.cli.folders import renewed, working_on_images
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Jobs, Replace, Work
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.perturbation.cohort import PerturbedCohort
_SETTINGS = "perturbation.settings:PerturbationSettings"


def perturb(
    cohort: CohortFile,
    chain: Annotated[str, setting(f"{_SETTINGS}.chain")],
    out: Annotated[
        Path,
        typer.Option(
            help="New folder for the variants and their cohort table `cohort.csv`; or the cohort table to "
            "write (.csv), with the variants in the folder NAME_variants beside it."
        ),
    ],
    label: Annotated[int, typer.Option(help="Label of masks for which the cohort table names none.")] = 1,
    seed: Annotated[int | None, setting(f"{_SETTINGS}.seed")] = None,
    reader: Annotated[str | None, setting(f"{_SETTINGS}.reader")] = None,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Make perturbed variants of images and masks: robustness without a second scan or reader."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.perturbation.chain import read_chain
    from nbradiomics.perturbation.cohort import is_variant_file, perturb_cohort
    from nbradiomics.perturbation.settings import PerturbationSettings

    folder = out.with_name(f"{out.stem}_variants") if out.suffix == ".csv" else out
    table_file = out if out.suffix == ".csv" else out / "cohort.csv"
    settings = settings_from(PerturbationSettings, chain=chain, seed=seed, reader=reader)
    variants = read_chain(settings.chain, settings.seed)
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    prepare(table_file, ".csv", inputs=[cohort])
    asked = [[variant.model_dump() for variant in variants], settings.seed, settings.reader, label]
    key = result_key("perturb", asked=[*asked, str(loaded.path)])
    tables = [table_file, folder / "perturbations.csv"]
    claimed = working_on_images("perturbation", loaded, folder, key, is_variant_file, replacing=replace)
    with claimed, renewed(tables):
        done = perturb_cohort(loaded, out=folder, label=label, settings=settings, execution=execution)
        _write(done, table_file, folder, [*loaded.files(), *_chain_file(chain)], settings.model_dump())
        show_made_again(execution.workspace)
        _show_derived(loaded)
        _show_readers(done)
        rows = len(done.table) + len(done.failures)
        finish(done.failures, rows, table_file, f"{len(done.table)} variants of masks; ")


def _chain_file(chain: str) -> list[Path]:
    return [Path(chain)] if Path(chain).is_file() else []


def _write(
    done: PerturbedCohort, table_file: Path, folder: Path, inputs: list[Path], settings: dict[str, object]
) -> None:
    from nbradiomics.cohort.unnamed_files import remove_unnamed
    from nbradiomics.execution.provenance import provenance_file, write_provenance
    from nbradiomics.perturbation.cohort import is_variant_file
    from nbradiomics.tables import write_table

    remove_unnamed(done.cohort, folder, is_variant_file)
    done.cohort.write(table_file)
    write_table(done.table, folder / "perturbations.csv")
    readers = done.disagreement and done.disagreement.model_dump()
    provenance = provenance_file(table_file)
    write_provenance(provenance, inputs=inputs, perturbation=settings, disagreement=readers)


def _show_derived(cohort: Cohort) -> None:
    """Say that derived regions have no variants."""
    from nbradiomics.cohort.derived_regions import left_out_sentence

    sentence = left_out_sentence(cohort.table["roi"], "the variants; make them from the perturbed masks")
    if sentence:
        notes.print(f"Note: {sentence}", markup=False)


def _show_readers(done: PerturbedCohort) -> None:
    """Print how the readers of the cohort differ, from which readers were simulated."""
    found = done.disagreement
    if found is not None:
        output.print(
            f"Readers differ by {found.rim_mm:.2g} mm at the rim and by {found.end_slices:.2g} slices at the "
            f"ends (standard deviations; {found.pairs} pairs of masks).",
            markup=False,
        )
