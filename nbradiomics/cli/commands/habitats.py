"""The commands `adc` and `habitats`: diffusion maps, and sub-regions of tumours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import notes
from nbradiomics.cli.folders import renewed, working_on_maps
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Jobs, Replace, Work
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import (
    execution_of,
    finish,
    fitting_subjects,
    names_in,
    prepare,
    read_cohort,
    show_made_again,
)

if TYPE_CHECKING:
    from nbradiomics.habitats.cohort import HabitatCohort
_DIFFUSION = "habitats.diffusion.settings:DiffusionSettings"
_HABITATS = "habitats.settings:HabitatSettings"
BValues = Annotated[str | None, setting(f"{_DIFFUSION}.b_values", hint="Separated by commas.")]
Label = Annotated[int, typer.Option(help="Label of masks for which the cohort table names none.")]


def adc(
    cohort: CohortFile,
    out: Annotated[
        Path,
        typer.Option(
            help="Cohort table to write (.csv), with the channels ADC and ADC_error; the maps go into the "
            "folder NAME_adc beside it."
        ),
    ],
    b_values: BValues = None,
    noise: Annotated[str | None, setting(f"{_DIFFUSION}.noise")] = None,
    sigma: Annotated[float | None, setting(f"{_DIFFUSION}.sigma")] = None,
    noise_floor: Annotated[
        bool | None, setting(f"{_DIFFUSION}.noise_floor", "--noise-floor/--no-noise-floor")
    ] = None,
    label: Label = 1,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Fit the apparent diffusion coefficient of each voxel, with its error, from several b-values."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.habitats.diffusion.cohort import fit_adc
    from nbradiomics.habitats.diffusion.settings import DiffusionSettings
    from nbradiomics.tables import write_table

    settings = settings_from(
        DiffusionSettings, b_values=names_in(b_values), noise=noise, sigma=sigma, noise_floor=noise_floor
    )
    folder = out.with_name(f"{out.stem}_adc")
    table_file = out.with_name(f"{out.stem}.diffusion.csv")
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    prepare(out, ".csv", inputs=[cohort])
    key = result_key("adc", asked=[settings.model_dump(), label, str(loaded.path)])
    with (
        working_on_maps("diffusion fit", loaded, folder, key, replacing=replace),
        renewed([out, table_file]),
    ):
        done = fit_adc(loaded, out=folder, label=label, settings=settings, execution=execution)
        done.cohort.write(out)
        write_table(done.table, table_file)
        _provenance(out, loaded.files(), diffusion=settings.model_dump())
        _finish(done.notes, execution)
        finish(done.failures, len(done.table) + len(done.failures), out, f"{len(done.table)} scans fitted; ")


def habitats(
    cohort: CohortFile,
    out: Annotated[
        Path,
        typer.Option(
            help="Cohort table to write (.csv), with a row for each habitat; maps, tables and the model go "
            "into the folder NAME_habitats beside it."
        ),
    ],
    channels: Annotated[str | None, setting(f"{_HABITATS}.channels", hint="Separated by commas.")] = None,
    clusters: Annotated[str | None, setting(f"{_HABITATS}.clusters")] = None,
    most_clusters: Annotated[int | None, setting(f"{_HABITATS}.most_clusters")] = None,
    method: Annotated[str | None, setting(f"{_HABITATS}.method")] = None,
    errors: Annotated[str | None, setting(f"{_HABITATS}.errors")] = None,
    confidence: Annotated[float | None, setting(f"{_HABITATS}.confidence")] = None,
    neighbours: Annotated[int | None, setting(f"{_HABITATS}.neighbours")] = None,
    b_values: Annotated[str | None, setting(f"{_HABITATS}.b_values", hint="Separated by commas.")] = None,
    sample: Annotated[int | None, setting(f"{_HABITATS}.sample")] = None,
    fit_on: Annotated[
        str | None,
        setting(f"{_HABITATS}.fit_on", hint="Separated by commas, or @FILE with one per line."),
    ] = None,
    fit_folds: Annotated[int | None, setting(f"{_HABITATS}.fit_folds")] = None,
    seed: Annotated[int | None, setting(f"{_HABITATS}.seed")] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Model of another cohort (model.json of its folder); nothing is fitted then."),
    ] = None,
    label: Label = 1,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Divide tumours into habitats: groups of voxels that are alike, and mean the same in each patient."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.habitats.cohort import find_habitats
    from nbradiomics.habitats.settings import HabitatSettings

    settings = settings_from(
        HabitatSettings,
        channels=names_in(channels),
        clusters=clusters,
        most_clusters=most_clusters,
        method=method,
        errors=errors,
        confidence=confidence,
        neighbours=neighbours,
        b_values=names_in(b_values),
        sample=sample,
        fit_on=fitting_subjects(fit_on, fit_folds),
        fit_folds=fit_folds,
        seed=seed,
    )
    folder = out.with_name(f"{out.stem}_habitats")
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    prepare(out, ".csv", inputs=[cohort])
    key = result_key("habitats", asked=[settings.model_dump(), str(model), label, str(loaded.path)])
    with working_on_maps("habitats", loaded, folder, key, replacing=replace), renewed([out]):
        done = find_habitats(
            loaded, out=folder, model=model, label=label, settings=settings, execution=execution
        )
        _write(done, out, folder)
        inputs = [*loaded.files(), *([model] if model else [])]
        _provenance(out, inputs, habitats=settings.model_dump(), models=_described(done))
        _finish(done.notes, execution)
        regions = len(done.tables.regions)
        finish(
            done.failures,
            regions + len(done.failures),
            out,
            f"{regions} regions divided into up to {done.model.clusters} habitats; ",
        )


def _write(done: HabitatCohort, out: Path, folder: Path) -> None:
    done.cohort.write(out)
    done.tables.write(folder)
    done.model.write(folder / "model.json")
    for name, model in done.models.items():
        if len(done.models) > 1:
            model.write(folder / f"model_{name}.json")


def _described(done: HabitatCohort) -> dict[str, object]:
    """Channels, numbers and means of the models, without fingerprints."""
    return {
        name: {
            "channels": list(model.channels),
            "habitats": model.clusters,
            "means": model.channel_means().tolist(),
            "subjects": model.subjects,
        }
        for name, model in done.models.items()
    }


def _provenance(out: Path, inputs: list[Path], **parts: object) -> None:
    from nbradiomics.execution.provenance import write_provenance

    write_provenance(out.with_name(f"{out.stem}.provenance.json"), inputs=inputs, **parts)


def _finish(lines: tuple[str, ...], execution: object) -> None:
    show_made_again(getattr(execution, "workspace", None))
    for line in lines:
        notes.print(f"Note: {line}", markup=False)
