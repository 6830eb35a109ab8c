"""How the numbers were made: versions, study, parameters, model, and the hashes of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from nbradiomics.messages.wording import MISSING, counted
from nbradiomics.report.content import Block, Details, Listing, Table
from nbradiomics.report.formatting import moment
from nbradiomics.report.run_files import Run


def provenance_blocks(run: Run) -> tuple[Block, ...]:
    """Table of versions, and folded blocks for everything long."""
    if not run.provenance:
        return ()
    record = run.provenance
    plain = {name: record.get(name) for name in ("created", "nbradiomics", "python", "platform")}
    if plain["created"]:
        plain["created"] = moment(str(plain["created"]))
    blocks: list[Block] = [_pairs(plain)]
    packages = record.get("packages")
    if isinstance(packages, Mapping) and packages:
        blocks.append(
            Details(f"{counted(len(packages), 'package')}", (_pairs(packages, "Package", "Version"),))
        )
    for name, title in (
        ("study", "The study as it was read"),
        ("parameters", "Parameters of PyRadiomics"),
        ("model", "Model"),
    ):
        if record.get(name):
            blocks.append(Details(title, (Listing(_as_text(record[name])),)))
    inputs = record.get("inputs")
    if isinstance(inputs, Mapping) and inputs:
        title = f"SHA-256 of {counted(len(inputs), 'input file')}"
        blocks.append(Details(title, (_pairs(inputs, "File", "SHA-256"),)))
    known = {*plain, "packages", "study", "parameters", "model", "inputs", "ingest"}
    rest = {name: value for name, value in record.items() if name not in known}
    if rest:
        blocks.append(Details("Further records", (Listing(_as_text(rest)),)))
    return tuple(blocks)


def _pairs(values: Mapping[str, Any], *columns: str) -> Table:
    rows = tuple((str(name), MISSING if value is None else str(value)) for name, value in values.items())
    return Table(columns or ("Item", "Value"), rows, text_columns=2)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
