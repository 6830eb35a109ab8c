"""Output of the command line: progress bars, tables and messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from nbradiomics.messages.wording import number
from nbradiomics.system.streams import Shown, harmless, has_width

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.execution.batch import Failure


#: Width in columns if the environment variable COLUMNS contains no usable number.
_WIDTH = 80


class _Console(Console):
    """A console that prints the text of files safely: control sequences do not reach the terminal."""

    def __init__(self, stream: Shown) -> None:
        width = None if has_width() else _WIDTH
        super().__init__(file=cast(IO[str], stream), width=width, soft_wrap=True, highlight=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print objects; control characters in a text are shown as escape codes."""
        super().print(*(harmless(one) if isinstance(one, str) else one for one in objects), **options)


_OUTPUT, _NOTES = Shown("stdout"), Shown("stderr")
#: Results go to standard output; notes and progress go to standard error.
output = _Console(_OUTPUT)
notes = _Console(_NOTES)


@contextmanager
def bars(stage: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar for a stage; show nothing if the output is not a terminal."""
    if total == 0 or not _NOTES.isatty():
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description:16s}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Otherwise rich replaces sys.stderr by a stream that writes to `notes`, which writes to sys.stderr.
    with Progress(*columns, console=notes, redirect_stdout=False, redirect_stderr=False) as progress:
        task = progress.add_task(stage, total=total)
        yield lambda: progress.advance(task)


def show_table(table: pd.DataFrame) -> None:
    """Print a short table."""
    view = Table()
    for column in table.columns:
        view.add_column(Text(harmless(str(column))), overflow="fold")
    for values in table.itertuples(index=False):
        cells = [number(value, 3) if isinstance(value, float) else harmless(str(value)) for value in values]
        view.add_row(*map(Text, cells))
    output.print(view)


def show_json(**parts: Any) -> None:
    """Print results as one JSON object: a table becomes a list of rows, a missing value becomes null."""
    output.print(json.dumps(_plain(parts), indent=2), markup=False, highlight=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    """Convert a value to a type that JSON supports."""
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a table; pandas is not imported for this
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if value != value or str(value) == "<NA>":
        return None
    return value if isinstance(value, bool | int | float) else str(value)


def show_lines(lines: Sequence[str], *, most: int = 20) -> None:
    """Print the first lines of a list without wrapping, and the number of further lines."""
    for line in lines[:most]:
        output.print(f"  {line}", markup=False)
    if len(lines) > most:
        output.print(f"  ... and {len(lines) - most} more")


def failure_line(failure: Failure) -> str:
    """Format a failure as one line."""
    return f"{failure.stage} {failure.case}: {failure.cause} {failure.hint}"


def problem_line(problem: Mapping[Any, Any]) -> str:
    """Format a row of the problem table as one line."""
    place = ", ".join(
        part for part in (f"line {problem['row']}" if problem["row"] else "", problem["column"]) if part
    )
    return f"{problem['severity']} {problem['file']} {place}: {problem['problem']} {problem['remedy']}"
