"""The command `reproducibility`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.options import (
    Engine,
    FeatureNames,
    Json,
    MinSubjects,
    Reading,
    Roi,
    SequenceOption,
    Timepoint,
    Variant,
)
from nbradiomics.cli.stated import setting, settings_of_options
from nbradiomics.cli.steps import prepare, read_features, split_names

_SETTINGS = "reproducibility.settings:StabilitySettings"


def reproducibility(
    features: Annotated[Path, typer.Argument(help="Feature table (.parquet or .csv).")],
    out: Annotated[
        Path,
        typer.Option(help="Table to write: a row for each feature with its ICC, CCC, stable, reason ..."),
    ],
    across: Annotated[
        str,
        typer.Option(
            help="What is compared: reader, reading (of one reader), timepoint, repeat (a column of repeated "
            "scans), site, or variant."
        ),
    ] = "reader",
    levels: Annotated[
        str | None,
        typer.Option(
            help="Values to compare, such as test,retest; separated by commas. Default: all, of readers all "
            "except `auto`."
        ),
    ] = None,
    readers: Annotated[str | None, typer.Option(help="The same as --levels for readers.")] = None,
    reader: Annotated[
        str | None,
        typer.Option(help="Reader whose masks are used, if something else than readers is compared."),
    ] = None,
    feature_names: FeatureNames = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    form: Annotated[str | None, setting(f"{_SETTINGS}.form")] = None,
    threshold: Annotated[float | None, setting(f"{_SETTINGS}.threshold")] = None,
    confidence: Annotated[float | None, setting(f"{_SETTINGS}.confidence")] = None,
    min_subjects: MinSubjects = None,
    readers_in_general: Annotated[
        bool | None, setting(f"{_SETTINGS}.readers_in_general", "--readers-in-general")
    ] = None,
    bootstraps: Annotated[int | None, setting(f"{_SETTINGS}.bootstraps")] = None,
    resamples: Annotated[int | None, setting(f"{_SETTINGS}.resamples")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the samples of --resamples.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure how reproducible each feature is: between readers, readings, timepoints, sites or variants."""
    options = dict(locals())
    from nbradiomics.report.pages import claim_reproducibility_page, write_reproducibility_page
    from nbradiomics.reproducibility import (
        StabilitySettings,
        arrange,
        assess_reproducibility,
        compared_levels,
        summary_sentences,
    )
    from nbradiomics.tables import RowsOfReader, choose_features, write_table

    prepare(out, ".csv", ".parquet", inputs=[features])
    settings = settings_of_options(StabilitySettings, options)
    rows = settings_of_options(RowsOfReader, options)
    page = claim_reproducibility_page(out)
    given, patterns = read_features(features), split_names(feature_names)
    chosen = compared_levels(across, split_names(levels) or None, split_names(readers) or None)
    table = assess_reproducibility(
        given,
        across=across,
        levels=chosen,
        feature_names=patterns,
        seed=seed,
        rows=rows,
        settings=settings,
    )
    arranged = arrange(given, across, chosen, rows)
    write_table(table, out)
    write_reproducibility_page(
        table,
        page,
        levels=arranged.levels,
        across=across,
        threshold=settings.threshold,
        confidence=settings.confidence,
    )
    sentences = [
        *summary_sentences(table, given, arranged, f"{out}, {page}", settings.threshold),
        choose_features(given, patterns).sentence,
    ]
    if as_json:
        show_json(features=table, sentences=sentences)
        return
    for sentence in sentences:
        output.print(sentence, markup=False)
