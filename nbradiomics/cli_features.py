"""Commands on the features of one image: `verify`, `maps`; and what `extract` tells beside the features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli_steps import prepare
from nbradiomics.console import bars, notes, output, problem_line, show_lines

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.features.verify import Verification

ImageFile = Annotated[Path, typer.Argument(help="Image file.")]
MaskFile = Annotated[Path, typer.Argument(help="Mask file on the image's grid.")]
Label = Annotated[
    str | None,
    typer.Option(
        help="Label in the mask: a number, a segment's name, several (1,2: united) or all; it wins over the "
        "parameter file's."
    ),
]
_SHOWN = 5


def write_diagnostics(out: Path, cohort: Cohort, **asked: Any) -> None:
    """Write PyRadiomics' diagnostics of a cohort's masks; one that cannot be extracted has no row."""
    from nbradiomics.features.diagnostics import diagnose_cohort
    from nbradiomics.tables import write_table

    table, failures = diagnose_cohort(cohort, progress=bars, **asked)
    write_table(table, out)
    output.print(f"{len(table)} rows, {len(failures)} without diagnostics -> {out}", markup=False)


def show_label_warnings(cohort: Cohort, params: str | None = None, *, jobs: int) -> None:
    """Say what a cohort's masks hold that nothing reads, and where a label overrules the parameter file's."""
    from dataclasses import asdict

    from nbradiomics.checks.labels import warn_of_labels

    show_lines([problem_line(asdict(problem)) for problem in warn_of_labels(cohort, params, jobs=jobs)])


def _show_label_notes(mask: Path, params: str, label: str | None) -> None:
    from nbradiomics.features.extract import label_note, resolve_label
    from nbradiomics.features.parameters import load_parameters
    from nbradiomics.mask_labels import mask_notes

    parameters = load_parameters(params)
    said = [label_note(parameters, label), *mask_notes(mask, resolve_label(parameters, label))]
    for note in said:
        if note:
            notes.print(f"Note: {note}", markup=False)


def verify(
    image: ImageFile,
    mask: MaskFile,
    params: Annotated[str, typer.Option(help="PyRadiomics parameter file, or a preset.")],
    label: Label = None,
    out: Annotated[Path | None, typer.Option(help="Write every feature of both engines here.")] = None,
) -> None:
    """Compute the features with both engines and say how far they lie apart."""
    from nbradiomics.features.verify import verify as compare
    from nbradiomics.tables import write_table

    if out is not None:
        prepare(out, ".csv", ".parquet", inputs=[image, mask, params])
    found = compare(image, mask, params=params, label=label)
    _show_label_notes(mask, params, label)
    if out is not None:
        write_table(found.table, out)
    for line in _lines(found):
        output.print(line, markup=False)
    if not found.same:
        raise typer.Exit(1)


def _lines(found: Verification) -> list[str]:
    if found.refusals:
        return [f"{engine}: {why}" for engine, why in found.refusals.items()]
    table = found.table
    largest = table.sort_values("relative", ascending=False).head(_SHOWN)
    wrong = table[~table["same"]]
    times = ", ".join(f"{engine} {seconds:.2f} s" for engine, seconds in found.seconds.items())
    return [
        f"{len(table)} features, {len(wrong)} of them not the same.",
        f"Time of a second run, after one that loads and compiles: {times}.",
        "Largest relative differences:",
        *(
            f"  {row['feature']}: {row['relative']:.1e} ({row['native']!r} for {row['pyradiomics']!r})"
            for row in largest.to_dict("records")
        ),
        *(f"Not the same: {name}" for name in wrong["feature"]),
    ]


def maps(
    image: ImageFile,
    mask: MaskFile,
    params: Annotated[str, typer.Option(help="PyRadiomics parameter file, or a preset.")],
    out: Annotated[Path, typer.Option(help="Folder for the maps: new, or made by the same call.")],
    label: Label = None,
) -> None:
    """Make feature maps: each voxel with the features of the box around it (voxel-based extraction)."""
    from nbradiomics.features.maps import TABLE, write_maps

    table = write_maps(image, mask, out, params=params, label=label, progress=bars)
    _show_label_notes(mask, params, label)
    if table.attrs["missing"]:
        output.print("Not made:", markup=False)
        show_lines([f"{name}: {why}" for name, why in table.attrs["missing"].items()])
    undefined = table[table["undefined"] > 0]
    output.print(f"{len(table)} maps -> {out}; {TABLE} lists them.", markup=False)
    if len(undefined):
        output.print("Undefined in some voxels:", markup=False)
        show_lines([f"{row['feature']}: {row['undefined']}" for row in undefined.to_dict("records")])
    flat = table[table["minimum"] == table["maximum"]]
    if len(flat):
        output.print("The same in all voxels, so that the map says nothing:", markup=False)
        show_lines([f"{row['feature']}: {row['minimum']:g}" for row in flat.to_dict("records")])
