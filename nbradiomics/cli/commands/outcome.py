"""The commands on feature tables: `reproducibility`, `outcome`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import bars, output, show_table
from nbradiomics.cli.folders import claim_outcome
from nbradiomics.cli.options import (
    Categorical,
    Engine,
    EventValue,
    FeatureNames,
    Jobs,
    MinSubjects,
    Missing,
    Numeric,
    Ordinal,
    Reading,
    Replace,
    Roi,
    SequenceOption,
    Timepoint,
    Variant,
    ZeroTimes,
)
from nbradiomics.cli.steps import prepare, processes, read_clinical, read_features, split_names


def reproducibility(
    features: Annotated[Path, typer.Argument(help="Feature table (.parquet or .csv).")],
    out: Annotated[
        Path, typer.Option(help="Table to write: feature, icc, low, high, subjects, stable, readers, note.")
    ],
    readers: Annotated[
        str | None, typer.Option(help="Readers, with commas; all but `auto` unless given.")
    ] = None,
    feature_names: FeatureNames = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    threshold: Annotated[float, typer.Option(help="Lowest lower limit of a stable feature's ICC.")] = 0.75,
    confidence: Annotated[float, typer.Option(help="Confidence of the interval.")] = 0.95,
    min_subjects: MinSubjects = 10,
) -> None:
    """Test how far each feature survives a change of reader: ICC(A,1) with its interval."""
    from nbradiomics.report.pages import claim_reproducibility_page, write_reproducibility_page
    from nbradiomics.reproducibility import LIMITS, assess_reproducibility, stable_text, training_sentences
    from nbradiomics.tables import choose_features, write_table

    prepare(out, ".csv", ".parquet", inputs=[features])
    page = claim_reproducibility_page(out)
    given, patterns = read_features(features), split_names(feature_names)
    named = split_names(readers) or None
    table = assess_reproducibility(
        given,
        readers=named,
        feature_names=patterns,
        timepoint=timepoint,
        sequence=sequence,
        roi=roi,
        variant=variant,
        engine=engine,
        reading=reading,
        threshold=threshold,
        confidence=confidence,
        min_subjects=min_subjects,
    )
    write_table(table, out)
    write_reproducibility_page(
        table, page, readers=split_names(readers), threshold=threshold, confidence=confidence
    )
    for sentence in (*training_sentences(given, named), f"{stable_text(table)} -> {out}, {page}", LIMITS):
        output.print(sentence, markup=False)
    output.print(choose_features(given, patterns).sentence, markup=False)


def outcome(
    features: Annotated[Path, typer.Argument(help="Feature table of any origin with a column `subject`.")],
    clinical: Annotated[Path, typer.Argument(help="Clinical table: one row per subject.")],
    time: Annotated[str, typer.Option(help="Column of the time, counted from the scan.")],
    event: Annotated[
        str, typer.Option(help="Column of the event: 1 event, 0 censored; or yes/no, dead/alive.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    covariates: Annotated[str | None, typer.Option(help="Clinical columns that enter, with commas.")] = None,
    feature_names: FeatureNames = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    ordinal: Ordinal = None,
    missing: Missing = None,
    event_value: EventValue = None,
    zero_times: ZeroTimes = None,
    reader: Annotated[str | None, typer.Option(help="Whose masks the features come from.")] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    stable: Annotated[
        Path | None, typer.Option(help="Table of `reproducibility`: its stable features.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.")] = 5,
    repeats: Annotated[int, typer.Option(help="Repeats of the cross-validation.")] = 10,
    penalizer: Annotated[float, typer.Option(help="Ridge penalty of features.")] = 1.0,
    covariate_penalizer: Annotated[float, typer.Option(help="Ridge penalty of covariates.")] = 0.1,
    permutations: Annotated[int, typer.Option(help="Refits for the p of the risk groups; 0 gives none.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of folds and bootstrap.")] = 0,
    min_subjects: MinSubjects = 10,
    replace: Replace = False,
    jobs: Jobs = None,
) -> None:
    """Fit and validate outcome models: clinical, radiomic, combined."""
    asked = dict(locals())
    from nbradiomics.clinical import declaration_of, zero_rule
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, write_outcome
    from nbradiomics.report.pages import build_outcome_page, claim_outcome_page
    from nbradiomics.reproducibility import read_stable

    tables = read_features(features), read_clinical(clinical)
    key = result_key("outcome", asked={name: str(value) for name, value in asked.items() if name != "jobs"})
    with working_in(out, f"outcome of {time} and {event}", key):
        claim_outcome(out, features=features, clinical=clinical, time=time, event=event, replacing=replace)
        claim_outcome_page(out)
        result = evaluate_outcome(
            *tables,
            time=time,
            event=event,
            covariates=split_names(covariates),
            feature_names=split_names(feature_names),
            declared=declaration_of(
                categorical=split_names(categorical),
                numeric=split_names(numeric),
                ordinal=ordinal or (),
                missing=missing or (),
            ),
            event_value=split_names(event_value),
            zero_times=zero_rule(zero_times),
            reader=reader,
            timepoint=timepoint,
            sequence=sequence,
            roi=roi,
            variant=variant,
            engine=engine,
            reading=reading,
            stable=None if stable is None else read_stable(stable),
            settings=OutcomeSettings(
                folds=folds,
                repeats=repeats,
                seed=seed,
                penalizer=penalizer,
                covariate_penalizer=covariate_penalizer,
                permutations=permutations,
                min_subjects=min_subjects,
            ),
            jobs=processes(jobs),
            progress=bars,
        )
        write_outcome(result, out)
        show_table(result.performance)
        for sentence in result.summary["sentences"]:
            output.print(sentence, markup=False)
        output.print(f"-> {out}, {build_outcome_page(out)}", markup=False)
