"""The option `--shard` of single commands: a part of the subjects, stored in the folder of `--work`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import output
from nbradiomics.cli.steps import list_failures, show_made_again
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.execution.batch import Failure
    from nbradiomics.execution.execution import Execution

ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        help="Compute only part i of n of the subjects, such as 1/4, store the results in the folder of "
        "--work, and write no table; the command without this option then writes it.",
        metavar="I/N",
    ),
]


def limited(execution: Execution, shard: str | None, cohort: Cohort) -> Execution:
    """Limit the work to the subjects of a shard, if one is given."""
    if shard is None:
        return execution
    from nbradiomics.cohort import subject_of
    from nbradiomics.cohort.shard import Shard

    subjects = Shard.of_text(shard).subjects(cohort.table["subject"])
    if execution.workspace is None:
        raise InputError(
            "--shard was given without --work, so that the results would be stored nowhere.",
            "Name a folder that all shards share: --work FOLDER.",
        )
    return replace(execution, only=lambda name: subject_of(name) in subjects)


def finish_part(
    execution: Execution, shard: str, failures: Sequence[Failure], out: Path, *, measured: bool
) -> None:
    """List the failures of a shard beside the output, and what comes next; exit 1 if nothing succeeded."""
    from nbradiomics.cohort.shard import Shard

    show_made_again(execution.workspace)
    own = [one for one in failures if execution.only is None or execution.only(one.case)]
    output.print(
        f"Shard {shard}: {len(own)} failure(s). When all shards are done, the same command without --shard "
        f"writes {out}.",
        markup=False,
    )
    list_failures(own, out.with_name(f"{out.stem}.shard-{Shard.of_text(shard).slug}.failures.csv"))
    if own and not measured:
        raise typer.Exit(1)


def remove_parts(out: Path) -> None:
    """Remove the failures of shards beside an output that is now complete."""
    for file in out.parent.glob(f"{escape(out.stem)}.shard-*-of-*.failures.*"):
        file.unlink(missing_ok=True)
