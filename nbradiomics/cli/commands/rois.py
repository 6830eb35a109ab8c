"""The command `rois`: regions by distance from the drawn ones, as further rows of the cohort table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import notes
from nbradiomics.cli.folders import renewed, working_on_images
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Jobs, Lesions, Replace, Work
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.rings.cohort import RegionsCohort
_SETTINGS = "rings.settings:RegionSettings"


def rois(
    cohort: CohortFile,
    out: Annotated[
        Path,
        typer.Option(
            help="Cohort table to write (.csv); the masks and the table `rois.csv` are written into the "
            "folder NAME_rois beside it."
        ),
    ],
    ring: Annotated[float | None, setting(f"{_SETTINGS}.ring")] = None,
    rim: Annotated[float | None, setting(f"{_SETTINGS}.rim")] = None,
    body: Annotated[str | None, setting(f"{_SETTINGS}.body")] = None,
    max_outside: Annotated[float | None, setting(f"{_SETTINGS}.max_outside")] = None,
    lesions: Lesions = None,
    label: Annotated[int, typer.Option(help="Label of masks for which the cohort table names none.")] = 1,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Make the ring around each region, or its rim and core, by distance in mm."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.rings.cohort import add_regions, is_region_file
    from nbradiomics.rings.settings import RegionSettings

    settings = settings_from(RegionSettings, ring=ring, rim=rim, body=body, max_outside=max_outside)
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    prepare(out, ".csv", inputs=[cohort])
    loaded = read_cohort(cohort)
    folder = out.with_name(f"{out.stem}_rois")
    key = result_key("rois", asked=[settings.model_dump(), lesions, label, str(loaded.path)])
    tables = [out, folder / "rois.csv"]
    claimed = working_on_images(
        "rings, rims and cores", loaded, folder, key, is_region_file, replacing=replace
    )
    with claimed, renewed(tables):
        choice: dict[str, Any] = {"lesions": lesions, "label": label}
        done = add_regions(loaded, out=folder, settings=settings, execution=execution, **choice)
        _write(done, out, folder, loaded.files(), {**settings.model_dump(), **choice})
        show_made_again(execution.workspace)
        _show_warnings(done.table)
        finish(done.failures, len(done.table), out, what="derived region(s)")


def _write(
    done: RegionsCohort, out: Path, folder: Path, inputs: list[Path], settings: dict[str, object]
) -> None:
    from nbradiomics.cohort.unnamed_files import remove_unnamed
    from nbradiomics.execution.provenance import provenance_file, write_provenance
    from nbradiomics.rings.cohort import is_region_file
    from nbradiomics.tables import write_table

    remove_unnamed(done.cohort, folder, is_region_file)
    done.cohort.write(out)
    write_table(done.table, folder / "rois.csv")
    write_provenance(provenance_file(out), inputs=inputs, rois=settings)


def _show_warnings(table: pd.DataFrame) -> None:
    """Print each kind of warning once, with the number of regions and the first ones."""
    from nbradiomics.rings.words import summarised

    for line in summarised(table):
        notes.print(f"Warning: {line}", markup=False)
