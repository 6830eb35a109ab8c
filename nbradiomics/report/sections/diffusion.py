"""The diffusion maps of a run: what was fitted, its noise, and the voxels without a valid ADC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbradiomics.messages.wording import MISSING, counted, number, percent
from nbradiomics.report.content import Block, Sentences, Table, Text
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import failures_of

ADC_SECTION = "adc"
#: Rows of the table, and failures that are named.
_SHOWN, _NAMED = 30, 5
_REASONS = ("no_signal", "not_converged", "at_noise", "negative", "too_large")


def diffusion_blocks(run: Run) -> tuple[Block, ...]:
    """Scans whose ADC was fitted, those with the largest share of invalid voxels first."""
    table = run.diffusion
    if table is None or table.empty:
        return _failed(run)
    notes = run.provenance.get(ADC_SECTION, {}).get("notes", ())
    share = 1 - table["fitted"] / table["voxels"].where(table["voxels"] > 0)
    worst = table.assign(invalid=share).sort_values("invalid", ascending=False, kind="stable")
    columns = (
        *("scan", "b-values", "noise from", "signal / noise", "voxels", "without ADC", "most often"),
        *("ADC, median", "its error"),
    )
    left = f"; {len(worst) - _SHOWN} more are in `adc/diffusion.csv`" if len(worst) > _SHOWN else ""
    caption = (
        "ADC in mm2/s in the voxels of the masks (or in bright voxels, where a scan has no mask); signal at "
        f"the lowest b-value. Voxels without a valid ADC are in no habitat of it{left}."
    )
    rows = tuple(_row(row) for row in worst.head(_SHOWN).to_dict("records"))
    text = f"The ADC of {counted(len(table), 'scan')} was fitted to diffusion images."
    warned = (Text(f"Note: {note}", tone="warning") for note in notes)
    return (*warned, Text(text), Table(columns, rows, 3, caption), *_failed(run))


def _row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    invalid = {name: int(row[name]) for name in _REASONS}
    most = max(invalid, key=lambda name: invalid[name])
    scan = [row["subject"], row["timepoint"], row["sequence"]]
    known = row["adc"] == row["adc"]
    return (
        "/".join(map(str, scan)),
        str(row["b_values"]),
        str(row["noise_source"]) or "not known",
        number(row["snr"], 1),
        f"{row['voxels']:,}",
        percent(row["invalid"], 1) if row["invalid"] == row["invalid"] else MISSING,
        most.replace("_", " ") if invalid[most] else "",
        f"{row['adc']:.3g}" if known else MISSING,
        f"{row['adc_error']:.2g}" if row["adc_error"] == row["adc_error"] else MISSING,
    )


def _failed(run: Run) -> tuple[Block, ...]:
    causes = [f"{case}: {cause}" for case, cause in failures_of(run, ADC_SECTION)]
    if not causes:
        return ()
    more = [f"and {len(causes) - _NAMED} more"] if causes[_NAMED:] else []
    told = Text(f"{counted(len(causes), 'scan')} without an ADC:", tone="warning")
    return (told, Sentences((*causes[:_NAMED], *more)))
