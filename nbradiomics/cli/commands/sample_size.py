"""The command `sample-size`: how many subjects a prediction model needs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json, show_table
from nbradiomics.cli.options import Json
from nbradiomics.errors import InputError


def sample_size(
    parameters: Annotated[
        int, typer.Option(help="Candidate columns: features and covariates before any selection.")
    ],
    rate: Annotated[
        float | None, typer.Option(help="Survival: events over the sum of all times, in any unit.")
    ] = None,
    follow_up: Annotated[
        float | None, typer.Option(help="Survival: mean time of the subjects, in the same unit.")
    ] = None,
    timepoint: Annotated[
        float | None, typer.Option(help="Survival: time of the overall risk; default: the mean follow-up.")
    ] = None,
    prevalence: Annotated[
        float | None, typer.Option(help="Classes: share of the subjects with the outcome, between 0 and 1.")
    ] = None,
    r2: Annotated[
        float | None,
        typer.Option(help="Expected R2 of Cox and Snell; default: 15 % of its largest possible value."),
    ] = None,
    shrinkage: Annotated[float, typer.Option(help="Smallest expected shrinkage of the coefficients.")] = 0.9,
    as_json: Json = False,
) -> None:
    """Tell how many subjects an outcome model needs (Riley's criteria)."""
    import pandas as pd

    from nbradiomics.outcome.sample_size import sample_size_binary, sample_size_survival, size_sentence

    if prevalence is not None and (rate, follow_up, timepoint) == (None, None, None):
        size = sample_size_binary(parameters, prevalence, r2=r2, shrinkage=shrinkage)
    elif prevalence is None and rate is not None and follow_up is not None:
        size = sample_size_survival(
            parameters, rate, follow_up, r2=r2, timepoint=timepoint, shrinkage=shrinkage
        )
    else:
        raise InputError(
            "it is not clear which kind of outcome is meant.",
            "Give --rate and --follow-up for survival, or --prevalence alone for classes.",
        )
    sentence = size_sentence(size, shrinkage)
    if as_json:
        show_json(**asdict(size), subjects=size.subjects, sentences=[sentence])
        return
    rows = [("shrinkage", size.shrinkage), ("optimism", size.optimism), ("overall risk", size.overall_risk)]
    show_table(pd.DataFrame(rows, columns=["criterion", "subjects"]))
    output.print(sentence, markup=False)
