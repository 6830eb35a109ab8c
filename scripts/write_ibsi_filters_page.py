"""Write the tables of docs/ibsi-filters.md from a run of the filters.

    python scripts/write_ibsi_filters_page.py ../shared/data/ibsi2 docs/ibsi-filters.md

The folder contains the phantoms and references of the IBSI's second chapter. The script replaces only the
text between the marks ``<!-- counts -->``, ``<!-- maps -->``, ``<!-- features -->`` and their ends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.features.compliance.ibsi_filters import MAP_TESTS, PRESETS, compare_features, compare_map


def main(folder: Path, page: Path) -> None:
    """Compare all maps and features, and write the results to the page."""
    maps = [compare_map(test, folder) for test in MAP_TESTS]
    features = pd.concat([compare_features(one, folder) for one in PRESETS], ignore_index=True)
    text = page.read_text(encoding="utf-8")
    text = between(text, "counts", counts(maps, features))
    text = between(text, "maps", map_table(maps))
    text = between(text, "features", feature_tables(features))
    page.write_text(text, encoding="utf-8")


def between(text: str, mark: str, content: str) -> str:
    """Replace the text between a mark and its end."""
    before, rest = text.split(f"<!-- {mark} -->\n")
    _, after = rest.split(f"<!-- end of {mark} -->")
    return f"{before}<!-- {mark} -->\n{content}<!-- end of {mark} -->{after}"


def counts(maps: list[dict[str, Any]], features: pd.DataFrame) -> str:
    """Return the numbers of compliant maps and features."""
    known = features[features["reference"].notna()]
    lines = [
        "| comparison | compared | comply | differ |",
        "| --- | --- | --- | --- |",
        _count("Response maps of the digital phantoms", [one["complies"] for one in maps]),
    ]
    for letter in PRESETS:
        rows = known[known["filter_id"].str.endswith(letter)]
        lines.append(_count(f"Features of the CT phantom, configuration {letter}", list(rows["complies"])))
    return "\n".join(lines) + "\n"


def _count(title: str, comply: list[bool]) -> str:
    return f"| {title} | {len(comply)} | {sum(comply)} | {len(comply) - sum(comply)} |"


def map_table(maps: list[dict[str, Any]]) -> str:
    """Return one row per response map."""
    lines = [
        "| test | phantom | filter | largest deviation, % of range | voxels within 1 % | verdict |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in maps:
        test = ".".join(one["test"].split("_"))
        numbers = f"{100 * one['deviation']:.2g} | {_share(one['within'])}"
        lines.append(
            f"| {test} | {one['phantom']} | `{one['filter']}` | {numbers} | {_verdict(one['complies'])} |"
        )
    return "\n".join(lines) + "\n"


def _share(within: float) -> str:
    return "all" if within == 1 else f"{min(within, 0.9999):.2%}"


def feature_tables(features: pd.DataFrame) -> str:
    """Return one table per filter of the CT phantom."""
    lines = []
    for (identity, image), rows in features.groupby(["filter_id", "image"], sort=False):
        lines += [
            f"### {identity}: `{image}`",
            "",
            "| feature | our value | reference | tolerance | verdict |",
            "| --- | --- | --- | --- | --- |",
        ]
        for _, row in rows.iterrows():
            lines.append(f"| `{row['feature']}` | {row['value']:.5g} | {_reference(row)} |")
        lines.append("")
    return "\n".join(lines)


def _reference(row: pd.Series) -> str:
    if pd.isna(row["reference"]):
        return "– | – | no reference: the study found no consensus"
    return f"{row['reference']:g} | {row['tolerance']:g} | {_verdict(row['complies'])}"


def _verdict(complies: bool) -> str:
    return "complies" if complies else "**differs**"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
