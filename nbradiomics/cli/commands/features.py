"""Commands about features: `extract` of a cohort, `features`, `verify`, `maps` and `response-maps`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import bars, notes, output, show_json, show_lines
from nbradiomics.cli.label_notes import show_label_notes, show_label_warnings
from nbradiomics.cli.options import (
    ClusterFile,
    CohortFile,
    ExecutorName,
    ImageThreads,
    Jobs,
    Json,
    Lesions,
    Work,
)
from nbradiomics.cli.parts import ShardOption, finish_part, limited, remove_parts
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.execution.execution import Execution
    from nbradiomics.features.compliance.verify import Verification
    from nbradiomics.features.slices.settings import SliceSettings

ImageFile = Annotated[Path, typer.Argument(help="Image file.")]
MaskFile = Annotated[Path, typer.Argument(help="Mask file on the image's grid.")]
Label = Annotated[
    str | None,
    typer.Option(
        help="Label in the mask: a number, the name of a segment, several (1,2: united) or all; it overrules "
        "the label of the parameter file."
    ),
]
_SHOWN = 5
#: Listed here so that the help need not read the parameter files; a test checks the list.
PRESETS = (
    "ct_1mm, ct_anisotropic, ibsi2_ct_phantom_a, ibsi2_ct_phantom_b, ibsi_ct_phantom_a, ibsi_ct_phantom_b, "
    "ibsi_ct_phantom_c, ibsi_ct_phantom_d, ibsi_ct_phantom_e, ibsi_digital_phantom, image_2d, t1w_mr_1mm, "
    "t1w_mr_anisotropic, t2w_mr_1mm, t2w_mr_anisotropic"
)


def extract(
    cohort: CohortFile,
    params: Annotated[str, typer.Option(help=f"PyRadiomics parameter file, or a preset: {PRESETS}.")],
    out: Annotated[Path, typer.Option(help="Feature table to write (.parquet or .csv).")],
    engine: Annotated[str | None, setting("features.settings:ExtractionSettings.engine")] = None,
    diagnostics: Annotated[
        Path | None, typer.Option(help="Write the PyRadiomics diagnostics of every mask to this table.")
    ] = None,
    lesions: Lesions = None,
    min_lesion_volume: Annotated[
        float | None,
        typer.Option(help="For --lesions components: minimum volume of a component in ml; default: 0.1."),
    ] = None,
    perturb: Annotated[
        str | None,
        typer.Option(
            help="Also extract variants of every image and mask, made in memory: letters such as RTVC (N "
            "noise, R rotation, T translation, V volume, C contour), or a YAML file of a chain."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the variants.")] = 0,
    per_slice: Annotated[
        str | None,
        setting("features.slices.settings:SliceSettings.per_slice", hint="Default: whole regions."),
    ] = None,
    min_slice_voxels: Annotated[
        int | None, setting("features.slices.settings:SliceSettings.min_slice_voxels")
    ] = None,
    jobs: Jobs = None,
    threads: ImageThreads = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    shard: ShardOption = None,
) -> None:
    """Extract PyRadiomics features for every image and every mask."""
    from nbradiomics.features.settings import ExtractionSettings
    from nbradiomics.images.region import keeping_tallies

    for file in (out, *([diagnostics] if diagnostics else [])):
        prepare(file, ".csv", ".parquet", inputs=[cohort, params])
    settings = settings_from(ExtractionSettings, params=params, engine=engine, threads=threads)
    slices = _asked_slices(per_slice, min_slice_voxels, perturb=perturb, diagnostics=diagnostics, shard=shard)
    loaded = read_cohort(cohort)
    execution = execution_of(jobs, work, threads=threads, executor=executor, cluster=cluster)
    execution = limited(execution, shard, loaded)
    choice: dict[str, Any] = {"params": params, "lesions": lesions, "min_lesion_ml": min_lesion_volume}
    if slices is not None:
        _extract_slices(loaded, out, execution, slices, engine=settings.engine, **choice)
        return
    further: dict[str, Any] = {"engine": settings.engine}
    if perturb is not None:
        from nbradiomics.perturbation import read_chain

        further |= {"variants": read_chain(perturb, seed), "seed": seed}
    with keeping_tallies():  # the warnings about labels need not read the masks again
        _extract_regions(loaded, out, execution, choice, diagnostics=diagnostics, shard=shard, **further)


def _extract_regions(
    cohort: Cohort,
    out: Path,
    execution: Execution,
    choice: dict[str, Any],
    *,
    diagnostics: Path | None,
    shard: str | None,
    **further: Any,
) -> None:
    """Write the table of whole regions, and tell what a user should know about them."""
    from nbradiomics.features.cohort import extract_cohort
    from nbradiomics.features.parameters import load_parameters
    from nbradiomics.tables import extracted_columns, write_table

    params = choice["params"]
    features = extract_cohort(cohort, **choice, **further, execution=execution)
    measured = bool(features.table[extracted_columns(features.table)].notna().any(axis=None))
    if shard is not None:
        finish_part(execution, shard, features.failures, out, measured=measured)
        return
    write_table(features.table, out)
    remove_parts(out)
    show_made_again(execution.workspace)
    for note in features.notes:
        notes.print(note, markup=False)
    if diagnostics is not None:
        _write_diagnostics(diagnostics, cohort, execution, **choice)
    show_label_warnings(cohort, params, execution=execution)
    if (load_parameters(params).content.get("setting") or {}).get("normalize", False):
        from nbradiomics.study.checks.normalised_twice import normalised_twice

        for line in normalised_twice(cohort.table, cohort.path, load_parameters(params)):
            notes.print(f"Warning: {line} Write `normalize: false`, unless this is intended.", markup=False)
    finish(features.failures, len(features.table), out, complete=measured)


def _asked_slices(
    per_slice: str | None, min_slice_voxels: int | None, **others: object
) -> SliceSettings | None:
    """Read the options of slices; refuse options that are not for slices, and those without --per-slice."""
    from nbradiomics.features.slices.settings import SliceSettings

    if per_slice is None and min_slice_voxels is None:
        return None
    if per_slice is None:
        raise InputError("--min-slice-voxels needs --per-slice.", "Add --per-slice each, largest or median.")
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise InputError(
            f"--{given[0]} cannot be used with --per-slice.", "Extract the slices by a call of their own."
        )
    return settings_from(SliceSettings, per_slice=per_slice, min_slice_voxels=min_slice_voxels)


def _extract_slices(
    cohort: Cohort, out: Path, execution: Execution, settings: SliceSettings, **choice: Any
) -> None:
    """Write the table of the option --per-slice."""
    from nbradiomics.features.slices.extract import extract_slices
    from nbradiomics.tables import extracted_columns, write_table

    done = extract_slices(cohort, settings=settings, execution=execution, **choice)
    write_table(done.table, out)
    show_made_again(execution.workspace)
    for note in done.notes:
        notes.print(note, markup=False)
    show_label_warnings(cohort, choice["params"], execution=execution)
    measured = bool(done.table[extracted_columns(done.table)].notna().any(axis=None))
    finish(done.failures, len(done.table), out, complete=measured)


def _write_diagnostics(out: Path, cohort: Cohort, execution: Execution, **choice: Any) -> None:
    """Write the PyRadiomics diagnostics of a cohort's masks; a mask that cannot be extracted has no row."""
    from nbradiomics.features.diagnostics import diagnose_cohort
    from nbradiomics.tables import write_table

    table, failures = diagnose_cohort(cohort, execution=execution, **choice)
    write_table(table, out)
    output.print(f"{len(table)} rows, {len(failures)} without diagnostics -> {out}", markup=False)


def features(
    params: Annotated[
        str | None,
        typer.Option(
            help="PyRadiomics parameter file, or a preset. Without it: all classes of PyRadiomics and all "
            "families of the IBSI, in the original image."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Data dictionary to write (.csv or .parquet); without it, it is shown."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the features that a parameter file makes: meaning, IBSI code, unit, range, what changes them."""
    from nbradiomics.features.dictionary import feature_dictionary
    from nbradiomics.tables import write_table

    if out is not None:
        prepare(out, ".csv", ".parquet", inputs=[params] if params else [])
    table = feature_dictionary(params)
    if out is not None:
        write_table(table, out)
    if as_json:
        show_json(features=table)
    elif out is not None:
        output.print(f"{len(table)} features -> {out}", markup=False)
    else:
        for row in table.to_dict("records"):
            output.print(_described(row), markup=False, soft_wrap=True)


def _described(row: Mapping[Any, Any]) -> str:
    """A line of the data dictionary."""
    unit = "" if row["unit"] == "none" else row["unit"]
    about = (row["ibsi_code"], unit, "confounded with the volume" if row["volume"] == "yes" else "")
    inside = ", ".join(filter(None, about))
    return f"{row['feature']}: {row['name']}{f' ({inside})' if inside else ''}"


def verify(
    image: ImageFile,
    mask: MaskFile,
    params: Annotated[str, typer.Option(help="PyRadiomics parameter file, or a preset.")],
    label: Label = None,
    out: Annotated[
        Path | None, typer.Option(help="Write every feature of both engines to this table.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute the features with both engines and report the differences."""
    from nbradiomics.features.compliance.verify import verify as compare
    from nbradiomics.tables import write_table

    if out is not None:
        prepare(out, ".csv", ".parquet", inputs=[image, mask, params])
    result = compare(image, mask, params=params, label=label)
    show_label_notes(mask, params, label)
    if out is not None:
        write_table(result.table, out)
    if as_json:
        show_json(features=result.table, same=result.same, seconds=result.seconds, refusals=result.refusals)
    else:
        for line in _lines(result):
            output.print(line, markup=False)
    if not result.same:
        raise typer.Exit(1)


def _lines(result: Verification) -> list[str]:
    if result.refusals:
        return [f"{engine}: {why}" for engine, why in result.refusals.items()]
    table = result.table
    largest = table.sort_values("relative", ascending=False).head(_SHOWN)
    wrong = table[~table["same"]]
    times = ", ".join(f"{engine} {seconds:.2f} s" for engine, seconds in result.seconds.items())
    return [
        f"{len(table)} features, {len(wrong)} of them different.",
        f"Time of the second run (the first run loads and compiles the code): {times}.",
        "Largest relative differences:",
        *(
            f"  {row['feature']}: {row['relative']:.1e} (native {row['native']!r}, "
            f"pyradiomics {row['pyradiomics']!r})"
            for row in largest.to_dict("records")
        ),
        *(f"Different: {name}" for name in wrong["feature"]),
    ]


def maps(
    image: ImageFile,
    mask: MaskFile,
    params: Annotated[str, typer.Option(help="PyRadiomics parameter file, or a preset.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the maps: a new folder, or one made by the same call.")
    ],
    label: Label = None,
    threads: Annotated[
        int, typer.Option(min=1, help="Threads that measure the boxes; the maps are the same for any number.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Make feature maps: the features of the box around each voxel (voxel-based extraction)."""
    from nbradiomics.features.maps import write_maps
    from nbradiomics.features.schema import MAPS

    table = write_maps(image, mask, out, params=params, label=label, threads=threads, progress=bars)
    show_label_notes(mask, params, label)
    if as_json:
        show_json(maps=table, missing=table.attrs["missing"])
        return
    if table.attrs["missing"]:
        output.print("Not made:", markup=False)
        show_lines([f"{name}: {why}" for name, why in table.attrs["missing"].items()])
    undefined = table[table["undefined"] > 0]
    output.print(f"{len(table)} maps -> {out}; {MAPS.file} lists them.", markup=False)
    if len(undefined):
        output.print("Undefined in some voxels:", markup=False)
        show_lines([f"{row['feature']}: {row['undefined']}" for row in undefined.to_dict("records")])
    flat = table[table["minimum"] == table["maximum"]]
    if len(flat):
        output.print("Constant in all voxels, so the map contains no information:", markup=False)
        show_lines([f"{row['feature']}: {row['minimum']:g}" for row in flat.to_dict("records")])


def response_maps(
    image: ImageFile,
    params: Annotated[str, typer.Option(help="Parameter file whose section nbradiomics has filters.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the maps: a new folder, or one made by the same call.")
    ],
    as_json: Json = False,
) -> None:
    """Write the images of the filters of a parameter file, to look at: one NIfTI file each."""
    from nbradiomics.features.response_maps import write_response_maps
    from nbradiomics.features.schema import RESPONSE_MAPS

    table = write_response_maps(image, out, params=params, progress=bars)
    if as_json:
        show_json(maps=table)
        return
    for row in table.to_dict("records"):
        output.print(f"{row['file']}: {row['minimum']:.4g} to {row['maximum']:.4g}", markup=False)
    output.print(f"{len(table)} response maps -> {out}; {RESPONSE_MAPS.file} lists them.", markup=False)
