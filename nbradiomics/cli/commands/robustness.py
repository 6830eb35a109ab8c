"""The commands on the sources of variation of features and on rules: `variance`, `clusters`, `stable`."""

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
from nbradiomics.cli.stated import setting, settings_from, settings_of_options
from nbradiomics.cli.steps import prepare, read_features, split_names
from nbradiomics.errors import NbradiomicsError

_CLUSTERS = "reproducibility.clusters.settings:ClusterSettings"
_FeaturesFile = Annotated[Path, typer.Argument(help="Feature table (.parquet or .csv).")]


def variance(
    features: _FeaturesFile,
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet): shares of each feature.")],
    components: Annotated[
        str | None,
        typer.Option(
            help="Components besides the subject, separated by commas: site, timepoint, repeat, reader, "
            "variant; default: all columns with several values."
        ),
    ] = None,
    readers: Annotated[
        str | None, typer.Option(help="Readers, separated by commas; default: all except `auto`.")
    ] = None,
    feature_names: FeatureNames = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    min_subjects: MinSubjects = None,
    as_json: Json = False,
) -> None:
    """Divide the variance of each feature: subject, site, timepoint, reader, variant, residual."""
    options = dict(locals())
    from nbradiomics.report.variance_page import claim_variance_page, write_variance_page
    from nbradiomics.reproducibility import (
        StabilitySettings,
        training_sentences,
        variance_components,
        variance_sentences,
    )
    from nbradiomics.tables import Rows, choose_features, write_table

    prepare(out, ".csv", ".parquet", inputs=[features])
    wanted = settings_of_options(Rows, options)
    page = claim_variance_page(out)
    given, patterns = read_features(features), split_names(feature_names)
    named = split_names(readers) or None
    table = variance_components(
        given,
        components=split_names(components),
        readers=named,
        feature_names=patterns,
        min_subjects=settings_from(StabilitySettings, min_subjects=min_subjects).min_subjects,
        rows=wanted,
    )
    write_table(table, out)
    write_variance_page(table, page)
    used = choose_features(given, patterns).sentence
    left_out = training_sentences(given, named)
    _show(table, [*left_out, *variance_sentences(table), f"-> {out}, {page}", used], as_json=as_json)


def clusters(
    features: _FeaturesFile,
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet): cluster and representative.")],
    reproducibility: Annotated[
        Path | None,
        typer.Option(
            help="Table of `reproducibility`: the feature with the highest lower limit represents a cluster."
        ),
    ] = None,
    volume: Annotated[
        str | None, typer.Option(help="Feature that is the volume; default: that of PyRadiomics.")
    ] = None,
    feature_names: FeatureNames = None,
    reader: Annotated[
        str | None,
        typer.Option(help="Reader whose values are used; default: the mean of all readers except `auto`."),
    ] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    threshold: Annotated[float | None, setting(f"{_CLUSTERS}.threshold")] = None,
    min_subjects: Annotated[int | None, setting(f"{_CLUSTERS}.min_subjects")] = None,
    as_json: Json = False,
) -> None:
    """Group features that say the same (rank correlation), and choose a representative of each group."""
    options = dict(locals())
    from nbradiomics.reproducibility import (
        ClusterSettings,
        cluster_sentences,
        correlation_clusters,
        training_sentences,
    )
    from nbradiomics.reproducibility.schema import REPRODUCIBILITY
    from nbradiomics.tables import RowsOfReader, choose_features, write_table

    prepare(out, ".csv", ".parquet", inputs=[features, *([reproducibility] if reproducibility else [])])
    wanted = settings_of_options(RowsOfReader, options)
    settings = settings_of_options(ClusterSettings, options)
    given, patterns = read_features(features), split_names(feature_names)
    table = correlation_clusters(
        given,
        reproducibility=None if reproducibility is None else REPRODUCIBILITY.read(reproducibility),
        feature_names=patterns,
        volume=volume,
        rows=wanted,
        settings=settings,
    )
    write_table(table, out)
    used = choose_features(given, patterns).sentence
    left_out = training_sentences(given, [reader] if reader else None)
    sentences = [*left_out, *cluster_sentences(table, settings.threshold), f"-> {out}", used]
    _show(table, sentences, as_json=as_json)


def stable(
    rules: Annotated[
        Path, typer.Argument(help="File of rules (YAML): studies, rules, and the feature table.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet): each rule, stable, reason.")],
    features: Annotated[
        Path | None, typer.Option(help="Feature table of the studies that name none.")
    ] = None,
    needed_agreement: Annotated[
        Path | None, typer.Option(help="Table of `needed-agreement` that the page also shows.")
    ] = None,
    variance: Annotated[
        Path | None, typer.Option(help="Table of `variance` that the page also shows.")
    ] = None,
    selection: Annotated[
        Path | None,
        typer.Option(help="selection.csv of an outcome: the page shows the features of its models."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of bootstrap samples.")] = 0,
    as_json: Json = False,
) -> None:
    """Find the features that meet rules about several studies: which features can be trusted?"""
    from nbradiomics.report.trust_page import FurtherTables, claim_trust_page, write_trust_page
    from nbradiomics.reproducibility import combine_rules, combined_sentences, stable_text, study_results
    from nbradiomics.study.rules_file import files_of, load_rules
    from nbradiomics.tables import write_table

    section = load_rules(rules)
    table_file = section.features if features is None else features
    further = FurtherTables(needed_agreement, variance, selection)
    inputs = [rules, *(file for _, file in files_of(section)), *([table_file] if table_file else [])]
    prepare(out, ".csv", ".parquet", inputs=[*inputs, *further.files])
    page = claim_trust_page(out)
    given = None if table_file is None else read_features(table_file)
    results, sentences = {}, []
    for name, result in study_results(section, given, seed=seed):
        results[name] = result.problem if isinstance(result, NbradiomicsError) else result
        text = f"no result: {result}" if isinstance(result, NbradiomicsError) else stable_text(result)
        sentences.append(f"Study {name}: {text}")
    table = combine_rules(results, section.rules, min_subjects=section.min_subjects)
    write_table(table, out)
    done = {name: result for name, result in results.items() if not isinstance(result, str)}
    write_trust_page(table, done, page, further)
    _show(table, [*sentences, *combined_sentences(table), f"-> {out}, {page}"], as_json=as_json)


def _show(table: object, sentences: list[str], *, as_json: bool) -> None:
    if as_json:
        show_json(features=table, sentences=sentences)
        return
    for sentence in sentences:
        output.print(sentence, markup=False)
