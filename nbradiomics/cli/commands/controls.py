"""The command `controls`: features of negative controls of the masks of a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nbradiomics.cli.console import notes
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, ImageThreads, Jobs, Lesions, Work
from nbradiomics.cli.parts import ShardOption, finish_part, limited, remove_parts
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, names_in, prepare, read_cohort, show_made_again

_SETTINGS = "features.controls.settings:ControlSettings"


def controls(
    cohort: CohortFile,
    params: Annotated[
        str, typer.Option(help="PyRadiomics parameter file, or a preset: that of the features themselves.")
    ],
    out: Annotated[Path, typer.Option(help="Feature table to write (.parquet or .csv).")],
    kinds: Annotated[str | None, setting(f"{_SETTINGS}.kinds", hint="Separated by commas.")] = None,
    ring_mm: Annotated[float | None, setting(f"{_SETTINGS}.ring_mm")] = None,
    reader: Annotated[str | None, setting(f"{_SETTINGS}.reader")] = None,
    timepoint: Annotated[str | None, setting(f"{_SETTINGS}.timepoint")] = None,
    sequence: Annotated[str | None, setting(f"{_SETTINGS}.sequence")] = None,
    roi: Annotated[str | None, setting(f"{_SETTINGS}.roi")] = None,
    reading: Annotated[int | None, setting(f"{_SETTINGS}.reading")] = None,
    engine: Annotated[str | None, setting("features.settings:ExtractionSettings.engine")] = None,
    lesions: Lesions = None,
    min_lesion_volume: Annotated[
        float | None,
        typer.Option(help="For --lesions components: minimum volume of a component in ml; default: 0.1."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random controls.")] = 0,
    jobs: Jobs = None,
    threads: ImageThreads = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    shard: ShardOption = None,
) -> None:
    """Extract the features of negative controls, in which what a signature claims to see is destroyed."""
    options = dict(locals())
    from nbradiomics.features.controls.extract import extract_controls
    from nbradiomics.features.controls.settings import ControlSettings
    from nbradiomics.features.controls.unchanged import unchanged_sentences
    from nbradiomics.features.parameters import load_parameters
    from nbradiomics.features.settings import ExtractionSettings
    from nbradiomics.tables import extracted_columns, write_table

    prepare(out, ".csv", ".parquet", inputs=[cohort, params])
    options["kinds"] = names_in(kinds)
    settings = settings_from(
        ControlSettings, **{name: options.get(name) for name in ControlSettings.model_fields}
    )
    chosen = settings_from(ExtractionSettings, params=params, engine=engine, threads=threads)
    loaded = read_cohort(cohort)
    execution = execution_of(jobs, work, threads=threads, executor=executor, cluster=cluster)
    execution = limited(execution, shard, loaded)
    choice: dict[str, Any] = {"params": params, "lesions": lesions, "min_lesion_ml": min_lesion_volume}
    features = extract_controls(
        loaded, engine=chosen.engine, **choice, seed=seed, settings=settings, execution=execution
    )
    measured = bool(features.table[extracted_columns(features.table)].notna().any(axis=None))
    if shard is not None:
        finish_part(execution, shard, features.failures, out, measured=measured)
        return
    write_table(features.table, out)
    remove_parts(out)
    show_made_again(execution.workspace)
    for line in unchanged_sentences(load_parameters(params), settings.kinds):
        notes.print(f"Warning: {line}", markup=False)
    finish(features.failures, len(features.table), out, complete=measured)
