"""The command `segment`: segment the tumours; write masks, maps and the provenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import output
from nbradiomics.cli.folders import claim_segmentation, working_on_segmentation
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Models, Replace, Threads, Work
from nbradiomics.cli.parts import ShardOption, finish_part, limited, remove_parts
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again

if TYPE_CHECKING:
    from nbradiomics.execution.execution import Execution
    from nbradiomics.segmentation.cohort import SegmentedCohort
    from nbradiomics.segmentation.model import Model
_INFERENCE = "segmentation.prediction.inference:Inference"
_POSTPROCESSING = "segmentation.prediction.postprocess:PostProcessing"


def segment(
    cohort: CohortFile,
    model: Annotated[
        str, typer.Option(help="Name of a bundled or imported model, or an nnU-Net v2 model folder.")
    ],
    out: Annotated[
        Path, typer.Option(help="Cohort table to write, with reader `auto`; masks and maps go beside it.")
    ],
    maps: Annotated[
        bool, typer.Option(help="Write probability, entropy and the mask of each fold to OUT_maps.")
    ] = True,
    device: Annotated[str | None, setting(f"{_INFERENCE}.device")] = None,
    precision: Annotated[str | None, setting(f"{_INFERENCE}.precision")] = None,
    resampling: Annotated[str | None, setting(f"{_INFERENCE}.resampling")] = None,
    mirroring: Annotated[bool | None, setting(f"{_INFERENCE}.mirroring", "--mirroring")] = None,
    largest_component: Annotated[
        bool | None, setting(f"{_POSTPROCESSING}.largest_component", "--largest-component")
    ] = None,
    min_volume: Annotated[float | None, setting(f"{_POSTPROCESSING}.min_volume_ml", "--min-volume")] = None,
    replace: Replace = False,
    models: Models = None,
    threads: Threads = None,
    jobs: Annotated[
        int | None, typer.Option(help="Number of processes, default 1; each loads the model into memory.")
    ] = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    shard: ShardOption = None,
) -> None:
    """Segment the tumours with nnU-Net; the masks become reader `auto`."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.segmentation.cohort import remove_maps, segment_cohort
    from nbradiomics.segmentation.model import load_model
    from nbradiomics.segmentation.prediction.inference import Inference
    from nbradiomics.segmentation.prediction.postprocess import PostProcessing

    prepare(out, ".csv", inputs=[cohort])
    requested = settings_from(
        Inference, device=device, precision=precision, resampling=resampling, mirroring=mirroring
    )
    postprocessing = settings_from(
        PostProcessing, largest_component=largest_component, min_volume_ml=min_volume
    )
    loaded, table = load_model(model, models=models), read_cohort(cohort)
    execution = limited(_execution(jobs, work, threads, executor, cluster), shard, table)
    inference = loaded.resolve(requested)
    masks, beside = out.parent / f"{out.stem}_masks", out.parent / f"{out.stem}_maps"
    maps_folder = beside if maps or beside.exists() else None
    settings = [inference.model_dump(), postprocessing.model_dump()]
    key = result_key("segment", asked=[loaded.fingerprint, *settings, maps, str(table.path)])
    with working_on_segmentation(table, masks, maps_folder, key):
        claim_segmentation(table, masks, maps_folder, replacing=replace)
        done = segment_cohort(
            table,
            model=loaded,
            masks=masks,
            maps=beside if maps else None,
            inference=inference,
            postprocessing=postprocessing,
            execution=execution,
        )
        if shard is not None:
            measured = bool(done.table["status"].notna().any())
            finish_part(execution, shard, done.failures, out, measured=measured)
            return
        if not maps:
            remove_maps(table, beside)
        _write(done, out, table.files())
        remove_parts(out)
        show_made_again(execution.workspace)
        _show_warnings(done, loaded)
        empty = int((done.table["status"] == "empty").sum())
        finish(done.failures, len(done.table), out, f"{empty} without tumour; ")


def _execution(
    jobs: int | None, work: Path | None, threads: int | None, executor: str | None, cluster: Path | None
) -> Execution:
    """One process by default: each loads the model, and torch uses several threads in it."""
    from nbradiomics.execution.executors.choice import uses_this_machine

    number = 1 if jobs is None and uses_this_machine(executor or "local") else jobs
    return execution_of(number, work, threads=threads, executor=executor, cluster=cluster)


def _write(done: SegmentedCohort, out: Path, inputs: list[Path]) -> None:
    from nbradiomics.execution.provenance import provenance_file, write_provenance
    from nbradiomics.tables import write_table

    done.cohort.write(out)
    write_table(done.table, out.with_name(f"{out.stem}.segmentation.csv"))
    write_provenance(provenance_file(out), inputs=inputs, **done.provenance)


def _show_warnings(done: SegmentedCohort, model: Model) -> None:
    """Print what a user must know before using the masks."""
    card, seen = model.card, int(done.table["in_training"].fillna(False).sum())
    lines = [f"Model {model.name}: {card.intended_use}"] if card.intended_use else []
    if card.training_images is None and card.training_subjects is None:
        lines.append(
            f"Model {model.name} does not record its training subjects: write yes or no for each subject in "
            "the column in_training of the table. The masks of its training subjects are then left out."
        )
    if seen:
        lines.append(
            f"The model was trained on {seen} of these images or subjects: their masks do not show how well "
            "the model works on new ones. The column in_training marks them; verdicts and outcome models "
            "leave them out."
        )
    for line in [*lines, *(f"Warning: {warning}" for warning in done.warnings)]:
        output.print(line, markup=False)
