"""Write docs/tables.md from the schemas of the tables.

python -m scripts.write_tables_page docs/tables.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.workflows.tables import CHAPTERS

HEAD = """\
# Tables

This page lists every table that nbradiomics writes, with all of its columns. It is generated from the code
(`python -m scripts.write_tables_page docs/tables.md`).

- Tables are CSV files in UTF-8 with commas, or Parquet files. A word in capitals in a path is a placeholder
  for a name.
- An empty cell is a missing value. The last column of each list explains its meaning; a dash means that no
  cell is empty.
- `text` is not converted: a subject `007` is not the number 7. `integer` is a whole number. `flag` is `True`
  or `False`.
- In CSV files an apostrophe precedes text that a spreadsheet would run as a formula. nbradiomics removes it
  when it reads the table.
- Tables of earlier releases may lack some columns. nbradiomics still reads them.
"""


def page() -> str:
    """Return the whole page."""
    chapters = [
        "\n".join([f"## {title}", "", *(_section(schema) for schema in schemas)])
        for title, schemas in CHAPTERS.items()
    ]
    return "\n".join([HEAD, *chapters]).rstrip() + "\n"


def _section(schema: Schema) -> str:
    further = f"\nFurther columns: {schema.further}.\n" if schema.further else ""
    key = f" Rows differ in {_listed(schema.key)}." if schema.key else ""
    optional = (
        f" The file has {_listed(schema.left_out)} only if a cell is filled." if schema.left_out else ""
    )
    note = f"{schema.note}\n\n" if schema.note else ""
    rows = "\n".join(_row(column) for column in schema.columns)
    return (
        f"### {schema.name}\n\n`{schema.file}`. One row: {schema.row}.{key}{optional}\n\n{note}"
        "| column | kind | unit | meaning | empty cell |\n| --- | --- | --- | --- | --- |\n"
        f"{rows}\n{further}"
    )


def _row(column: Column) -> str:
    values = f"; one of {_listed(column.values)}" if column.values else ""
    missing = column.missing or ("-" if column.default is None else f"read as `{column.default}`")
    return (
        f"| `{column.name}` | {column.kind} | {column.unit or '-'} | {column.meaning}{values} | {missing} |"
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
