"""Write the counts and tables of docs/ibsi.md from a run of the native engine.

    python scripts/write_ibsi_page.py ../shared/data/ibsi1 docs/ibsi.md

The folder contains the IBSI's phantoms and reference values. The script replaces only the text between the
marks ``<!-- counts -->``, ``<!-- tables -->``, ``<!-- absent -->`` and their ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from nbradiomics.features.compliance.ibsi import COMPARISONS, Phantom, verdict, verdicts
from nbradiomics.features.compliance.ibsi_names import COMPUTED, NOT_COMPUTED, reason


def main(folder: Path, page: Path) -> None:
    """Compare all phantoms, and write the results to the page."""
    phantoms = [Phantom(comparison, folder) for comparison in COMPARISONS.values()]
    found = {phantom.title: verdicts(phantom) for phantom in phantoms}
    tags = list(phantoms[0].reference.index)
    text = page.read_text(encoding="utf-8")
    text = between(text, "counts", counts(found, len(tags)))
    text = between(text, "tables", "\n".join(section(title, table) for title, table in found.items()))
    text = between(text, "absent", absent(tags))
    page.write_text(text, encoding="utf-8")


def between(text: str, mark: str, content: str) -> str:
    """Replace the text between a mark and its end."""
    before, rest = text.split(f"<!-- {mark} -->\n")
    _, after = rest.split(f"<!-- end of {mark} -->")
    return f"{before}<!-- {mark} -->\n{content}<!-- end of {mark} -->{after}"


def counts(found: dict[str, pd.DataFrame], features: int) -> str:
    """Return one row per comparison: the numbers of compliant features, with and without the switches."""
    others = features - len(COMPUTED)
    lines = [
        f"The IBSI's first chapter has {features} features, counted in PyRadiomics' forms (3D, 3D_avg).",
        f"PyRadiomics computes {len(COMPUTED)}; {others} are features of the families alone.",
        "",
        "| comparison | compared | comply without a switch | comply with the switches | differ |",
        "| --- | --- | --- | --- | --- |",
    ]
    for title, table in found.items():
        plain, good = int((table["complies"] & table["unswitched"]).sum()), int(table["complies"].sum())
        lines.append(f"| {title} | {len(table)} | {plain} | {good} | {len(table) - good} |")
    return "\n".join(lines) + "\n"


def section(title: str, table: pd.DataFrame) -> str:
    """Return the table of one comparison."""
    lines = [
        f"### {title}",
        "",
        "| IBSI | PyRadiomics | our value | reference | tolerance | verdict |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for tag, row in table.iterrows():
        numbers = f"{row['value']:.5g} | {row['reference']:g} | {row['tolerance']:g}"
        lines.append(f"| `{tag}` | `{row['feature']}` | {numbers} | {verdict(row)} |")
    return "\n".join(lines) + "\n"


def absent(tags: list[str]) -> str:
    """Return the table of the features that are not computed."""
    lines = ["| IBSI | features | why |", "| --- | --- | --- |"]
    for name, why in NOT_COMPUTED.items():
        number = sum(tag not in COMPUTED and reason(tag) == why and tag.startswith(name) for tag in tags)
        lines.append(f"| `{name}{'*' if name.endswith('_') else ''}` | {number} | {why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
