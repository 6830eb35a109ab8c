"""The commands `adc` and `habitats`: diffusion maps, and sub-regions of tumours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import notes, output
from nbradiomics.cli.folders import renewed, working_on_images
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Jobs, Lesions, Replace, Work
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
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.execution.batch import Failure
    from nbradiomics.execution.execution import Execution
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
    from nbradiomics.cohort.unnamed_files import remove_unnamed
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.habitats.diffusion.cohort import fit_adc
    from nbradiomics.habitats.diffusion.settings import DiffusionSettings
    from nbradiomics.habitats.files import is_habitat_file
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
    claimed = working_on_images("diffusion fit", loaded, folder, key, is_habitat_file, replacing=replace)
    with claimed, renewed([out, table_file]):
        done = fit_adc(loaded, out=folder, label=label, settings=settings, execution=execution)
        remove_unnamed(done.cohort, folder, is_habitat_file)
        done.cohort.write(out)
        write_table(done.table, table_file)
        _provenance(out, loaded.files(), diffusion=settings.model_dump())
        _finish(done.notes, execution)
        scans = len(done.table) + len(done.failures)
        finish(done.failures, scans, out, f"{len(done.table)} fitted; ", what="scan(s)")


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
    maps: Annotated[
        str | None,
        typer.Option(
            help="Feature maps that are computed first and are channels of the habitats too, such as "
            "original_firstorder_Entropy; needs --params. Separated by commas."
        ),
    ] = None,
    params: Annotated[
        str | None, typer.Option(help="PyRadiomics parameter file, or a preset, for --maps.")
    ] = None,
    lesions: Lesions = None,
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
    from nbradiomics.habitats.files import is_habitat_file
    from nbradiomics.habitats.settings import HabitatSettings
    from nbradiomics.habitats.written import write_habitats

    if (maps is None) != (params is None):
        raise InputError("--maps and --params belong together.", "Give both, or neither.")
    settings = settings_from(
        HabitatSettings,
        channels=_all_channels(names_in(channels), names_in(maps)),
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
    asked = {**settings.model_dump(), "lesions": lesions, "maps": names_in(maps), "params": params}
    key = result_key("habitats", asked=[asked, str(model), label, str(loaded.path)])
    claimed = working_on_images("habitats", loaded, folder, key, is_habitat_file, replacing=replace)
    with claimed, renewed([out]):
        loaded, failed = _with_feature_maps(loaded, names_in(maps), params, folder, label, execution)
        choice: dict[str, Any] = {"lesions": lesions, "label": label}
        done = find_habitats(
            loaded,
            out=folder,
            model=model,
            **choice,
            settings=settings,
            execution=execution,
        )
        write_habitats(done, folder, maps=loaded.files())
        _without_feature_maps(done, names_in(maps)).cohort.write(out)
        inputs = [*loaded.files(), *([model] if model else [])]
        _provenance(out, inputs, habitats=asked, **done.record())
        _finish(done.notes, execution)
        output.print(_whose(done), markup=False)
        regions = len(done.tables.regions)
        failures = [*failed, *(one for one in done.failures if not _of_any(failed, one))]
        divided = f"{regions} divided into up to {done.model.clusters} habitats; "
        cases = regions + len(done.failures)
        finish(failures, cases, out, divided, what="region(s)", complete=regions > 0)


def _of_any(failed: list[Failure], failure: Failure) -> bool:
    """Whether a region failed because its mask, or all maps of its scan, did so before."""
    return any(failure.case == one.case or failure.case.startswith(f"{one.case}/") for one in failed)


def _all_channels(channels: list[str] | None, maps: list[str] | None) -> list[str] | None:
    return channels if maps is None else [*(channels or []), *maps]


def _with_feature_maps(
    cohort: Cohort,
    maps: list[str] | None,
    params: str | None,
    folder: Path,
    label: int,
    execution: Execution,
) -> tuple[Cohort, list[Failure]]:
    from nbradiomics.workflows.feature_channels import add_feature_maps

    if maps is None or params is None:
        return cohort, []
    return add_feature_maps(
        cohort, out=folder / "maps", params=params, features=maps, label=label, execution=execution
    )


def _without_feature_maps(done: HabitatCohort, maps: list[str] | None) -> HabitatCohort:
    """The result without the rows of the maps, which are no images for later steps (not finite outside)."""
    from dataclasses import replace

    table = done.cohort.table
    kept = table[~table["channel"].isin(maps or [])].reset_index(drop=True)
    return replace(done, cohort=replace(done.cohort, table=kept))


def _whose(done: HabitatCohort) -> str:
    """Say whose voxels decide about the habitats."""
    parts = [part for part in done.plan.values() if part["applied_to"]]
    if not parts:
        return "Habitats of the given model."
    if len(parts) > 1:
        return f"Habitats cross-fitted in {len(parts)} folds of subjects."
    return (
        f"Habitats fitted on {counted(len(parts[0]['fitted_on']), 'named subject')} (column in_fit): outcome "
        "models are not evaluated on them."
    )


def _provenance(out: Path, inputs: list[Path], **parts: object) -> None:
    from nbradiomics.execution.provenance import provenance_file, write_provenance

    write_provenance(provenance_file(out), inputs=inputs, **parts)


def _finish(lines: tuple[str, ...], execution: object) -> None:
    show_made_again(getattr(execution, "workspace", None))
    for line in lines:
        notes.print(f"Note: {line}", markup=False)
