"""Commands on the features of one image: `verify`, `maps`; and what `extract` tells beside the features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli_steps import prepare
from nbradiomics.console import bars, output, show_lines

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.features.verify import Verification

ImageFile = Annotated[Path, typer.Argument(help="Image file.")]
MaskFile = Annotated[Path, typer.Argument(help="Mask file on the image's grid.")]
_SHOWN = 5


def write_diagnostics(out: Path, cohort: Cohort, **asked: Any) -> None:
    """Write PyRadiomics' diagnostics of a cohort's masks; one that cannot be extracted has no row."""
    from nbradiomics.features.diagnostics import diagnose_cohort
    from nbradiomics.tables import write_table

    table, failures = diagnose_cohort(cohort, progress=bars, **asked)
    write_table(table, out)
    output.print(f"{len(table)} rows, {len(failures)} without diagnostics -> {out}", markup=False)


def verify(
    image: ImageFile,
    mask: MaskFile,
    params: Annotated[str, typer.Option(help="PyRadiomics parameter file, or a preset.")],
    label: Annotated[
        str | None, typer.Option(help="Label in the mask: a number or a segment's name.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write every feature of both engines here.")] = None,
) -> None:
    """Compute the features with both engines and say how far they lie apart."""
    from nbradiomics.features.verify import verify as compare
    from nbradiomics.tables import write_table

    if out is not None:
        prepare(out, ".csv", ".parquet", inputs=[image, mask, params])
    found = compare(image, mask, params=params, label=label)
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
        f"{len(table)} features, {len(wrong)} of them not the same; {times}.",
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
    label: Annotated[
        str | None, typer.Option(help="Label in the mask: a number or a segment's name.")
    ] = None,
) -> None:
    """Make feature maps: each voxel with the features of the box around it (voxel-based extraction)."""
    from nbradiomics.features.maps import TABLE, write_maps

    table = write_maps(image, mask, out, params=params, label=label, progress=bars)
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
