"""Write the counts of docs/ibsi.md and the values of docs/ibsi-values.md from a run of the native engine.

    python -m scripts.write_ibsi_families_page ../shared/data/ibsi1 docs

The folder contains the IBSI's phantoms and reference values. The script replaces only the text between the
marks ``<!-- families -->`` (docs/ibsi.md), ``<!-- values -->`` (docs/ibsi-values.md) and their ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from nbradiomics.features.compliance.ibsi_families import (
    COMPLIES,
    DIFFERS,
    NO_REFERENCE,
    WITHOUT_REFERENCE,
    all_family_verdicts,
    tags,
)
from nbradiomics.features.ibsi_names.families import FAMILIES
from scripts.write_ibsi_page import between

#: Short titles for the columns of the table of values.
_SHORT = {"Digital phantom": "digital"}


def main(folder: Path, docs: Path) -> None:
    """Compare all phantoms, and write the results to both pages."""
    found = all_family_verdicts(folder)
    for file, mark, text in (
        ("ibsi.md", "families", counts(found)),
        ("ibsi-values.md", "values", values(found)),
    ):
        page = docs / file
        page.write_text(between(page.read_text(encoding="utf-8"), mark, text), encoding="utf-8")


def counts(found: dict[str, pd.DataFrame]) -> str:
    """Return one row per comparison, and the list of what differs or has no reference value."""
    lines = [
        "| comparison | values | with a reference value | comply | differ |",
        "| --- | --- | --- | --- | --- |",
    ]
    for title, table in found.items():
        number = {verdict: int((table["verdict"] == verdict).sum()) for verdict in (COMPLIES, DIFFERS)}
        known = int((table["verdict"] != NO_REFERENCE).sum())
        lines.append(f"| {title} | {len(table)} | {known} | {number[COMPLIES]} | {number[DIFFERS]} |")
    differing = [
        f"- `{tag}` ({title}): {row['value']:.5g}, reference {row['reference']:g} +- {row['tolerance']:g}"
        for title, table in found.items()
        for tag, row in table[table["verdict"] == DIFFERS].iterrows()
    ]
    lines += ["", *(differing or ["No value differs."]), "", "No table has a reference value for:", ""]
    lines += [f"- `{tag}`: {why}" for tag, why in WITHOUT_REFERENCE.items()]
    return "\n".join(lines) + "\n"


def values(found: dict[str, pd.DataFrame]) -> str:
    """Return a table for each family: our value and the reference with its tolerance, by comparison."""
    names = [_SHORT.get(title, title.removeprefix("CT phantom, configuration ")) for title in found]
    lines = []
    for family in FAMILIES:
        lines += [
            f"### `{family}`",
            "",
            f"| IBSI | {' | '.join(names)} |",
            "| --- |" + " --- |" * len(found),
        ]
        for tag in tags():
            if tag.split("_")[0] == family:
                lines.append(f"| `{tag}` | {' | '.join(_cell(table, tag) for table in found.values())} |")
        lines.append("")
    return "\n".join(lines)


def _cell(table: pd.DataFrame, tag: str) -> str:
    if tag not in table.index:
        return ""
    value, reference, tolerance, verdict = table.loc[tag]
    if verdict == NO_REFERENCE:
        return f"{value:.4g}"
    mark = "" if verdict == COMPLIES else " **differs**"
    return f"{value:.4g} ({reference:g} ± {tolerance:g}){mark}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
