"""The command `needed-agreement`: how well must masks agree before a feature can be trusted?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.options import Engine, FeatureNames, Json, Roi, SequenceOption, Timepoint, Variant
from nbradiomics.cli.stated import setting, settings_from, settings_of_options
from nbradiomics.cli.steps import names_in, prepare, read_features, split_names

_SETTINGS = "reproducibility.needed_agreement:NeededAgreementSettings"


def needed_agreement(
    features: Annotated[Path, typer.Argument(help="Feature table (.parquet or .csv).")],
    agreement: Annotated[Path, typer.Argument(help="Table of `compare`, of the same masks.")],
    out: Annotated[Path, typer.Option(help="Table to write: feature, metric, needed, low, high ...")],
    repeatability: Annotated[
        Path | None,
        typer.Option(
            help="Table of `reproducibility` of another study (test-retest, readings, perturbation): its "
            "column rc is the limit of each feature, instead of the one from --icc."
        ),
    ] = None,
    metrics: Annotated[str | None, setting(f"{_SETTINGS}.metrics", hint="Separated by commas.")] = None,
    share: Annotated[float | None, setting(f"{_SETTINGS}.share")] = None,
    icc: Annotated[float | None, setting(f"{_SETTINGS}.icc")] = None,
    scale: Annotated[str | None, setting(f"{_SETTINGS}.scale")] = None,
    pairs: Annotated[str | None, setting(f"{_SETTINGS}.pairs", hint="Separated by commas.")] = None,
    min_subjects: Annotated[int | None, setting(f"{_SETTINGS}.min_subjects")] = None,
    bootstraps: Annotated[int | None, setting(f"{_SETTINGS}.bootstraps")] = None,
    confidence: Annotated[float | None, setting(f"{_SETTINGS}.confidence")] = None,
    seed: Annotated[int | None, setting(f"{_SETTINGS}.seed")] = None,
    feature_names: FeatureNames = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Find the agreement of two masks from which a feature stays within its limit in 90 % of pairs."""
    options = dict(locals())
    from nbradiomics.report.pages import claim_needed_agreement_page, write_needed_agreement_page
    from nbradiomics.report.sections.needed_words import answer, sentences
    from nbradiomics.reproducibility.needed_agreement import (
        NeededAgreementSettings,
        chosen_rows,
        needed_agreement as assess,
    )
    from nbradiomics.tables import Rows, choose_features, read_table, write_table

    given = [file for file in (features, agreement, repeatability) if file is not None]
    prepare(out, ".csv", ".parquet", inputs=given)
    names = ("share", "icc", "scale", "min_subjects", "bootstraps", "confidence", "seed")
    settings = settings_from(
        NeededAgreementSettings,
        metrics=names_in(metrics),
        pairs=names_in(pairs),
        **{name: options[name] for name in names},
    )
    rows = settings_of_options(Rows, options)
    page = claim_needed_agreement_page(out)
    table_given, compared = read_features(features), read_table(agreement)
    patterns = split_names(feature_names)
    result = assess(
        table_given,
        compared,
        repeatability=None if repeatability is None else read_table(repeatability),
        feature_names=patterns,
        rows=rows,
        settings=settings,
    )
    write_table(result.table, out)
    left_out = out.with_name(f"{out.stem}.left_out.csv")
    left_out.unlink(missing_ok=True)
    if len(result.left_out):
        write_table(result.left_out, left_out)
    write_needed_agreement_page(
        result,
        page,
        features=chosen_rows(table_given, rows, settings.pairs),
        agreement=compared,
        pairs=settings.pairs,
    )
    metric = str(result.table["metric"].iloc[0])
    main = result.table[result.table["metric"] == metric]
    lines = [
        answer(main, metric),
        *sentences(main, result.left_out),
        choose_features(table_given, patterns).sentence,
        f"-> {out}, {page}" + (f", {left_out}" if len(result.left_out) else ""),
    ]
    if as_json:
        show_json(features=result.table, left_out=result.left_out, sentences=lines)
        return
    for line in lines:
        output.print(line, markup=False)
