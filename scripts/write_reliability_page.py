"""Write the table of docs/reliability.md from the variants in the tests.

python -m scripts.write_reliability_page docs/reliability.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.reliability import kinds as bad
from tests.robustness import kinds as hostile

KINDS = [*bad.KINDS, *hostile.KINDS]


def table() -> str:
    """Return the table with one row per kind of bad input."""
    total = sum(len(kind.variants) for kind in KINDS)
    lines = [
        f"{len(KINDS)} kinds, {total} variants.",
        "",
        "| kind | variants | what happens |",
        "| --- | --- | --- |",
        *(f"| {kind.title} | {len(kind.variants)} | {kind.happens} |" for kind in KINDS),
    ]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the page with a new table; the rest of its text stays."""
    before, rest = text.split("<!-- kinds -->\n")
    _, after = rest.split("<!-- end of kinds -->")
    return f"{before}<!-- kinds -->\n{table()}<!-- end of kinds -->{after}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(page(file.read_text(encoding="utf-8")), encoding="utf-8")
