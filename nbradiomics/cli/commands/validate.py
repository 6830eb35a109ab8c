"""The command `validate`: models of one cohort on the subjects of another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json, show_table
from nbradiomics.cli.folders import claim_outcome
from nbradiomics.cli.options import (
    Categorical,
    Engine,
    EventValue,
    FeatureNames,
    Json,
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
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import names_in, read_clinical, read_features, split_names

_MODELS = "outcome.settings:OutcomeSettings"


def validate(
    features: Annotated[Path, typer.Argument(help="Feature table of the cohort of the models.")],
    clinical: Annotated[Path, typer.Argument(help="Its clinical table.")],
    external_features: Annotated[Path, typer.Argument(help="Feature table of the external cohort.")],
    external_clinical: Annotated[Path, typer.Argument(help="Its clinical table.")],
    time: Annotated[str, setting("clinical.endpoints:Endpoint.time")],
    event: Annotated[str, setting("clinical.endpoints:Endpoint.event")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    covariates: Annotated[
        str | None, setting("outcome.settings:Predictors.covariates", hint="Separated by commas.")
    ] = None,
    feature_names: FeatureNames = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    ordinal: Ordinal = None,
    missing: Missing = None,
    event_value: EventValue = None,
    zero_times: ZeroTimes = None,
    reader: Annotated[str | None, setting("tables:RowsOfReader.reader")] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    penalizer: Annotated[str | None, setting(f"{_MODELS}.penalizer")] = None,
    l1_ratio: Annotated[str | None, setting(f"{_MODELS}.l1_ratio")] = None,
    bootstraps: Annotated[int | None, setting(f"{_MODELS}.bootstraps")] = None,
    horizons: Annotated[str | None, setting(f"{_MODELS}.horizons", hint="Separated by commas.")] = None,
    confidence: Annotated[float | None, setting(f"{_MODELS}.confidence")] = None,
    seed: Annotated[int | None, setting(f"{_MODELS}.seed")] = None,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Fit outcome models to one cohort, and judge them on another, external one."""
    options = dict(locals())
    from nbradiomics.clinical import Endpoint, declaration_of, number_or_word
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.outcome import OutcomeSettings, Predictors, validate_outcome, write_outcome
    from nbradiomics.report.pages import build_outcome_page, claim_outcome_page
    from nbradiomics.tables import RowsOfReader

    endpoint = settings_from(
        Endpoint,
        time=time,
        event=event,
        event_value=names_in(event_value),
        zero_times=number_or_word(zero_times),
    )
    declared = declaration_of(
        categorical=split_names(categorical),
        numeric=split_names(numeric),
        ordinal=ordinal or (),
        missing=missing or (),
    )
    predictors = settings_from(
        Predictors,
        **declared.stated(),
        covariates=names_in(covariates),
        feature_names=names_in(feature_names),
    )
    settings = settings_from(
        OutcomeSettings,
        penalizer=number_or_word(penalizer),
        l1_ratio=number_or_word(l1_ratio),
        bootstraps=bootstraps,
        horizons=None if horizons is None else [number_or_word(one) for one in split_names(horizons)],
        confidence=confidence,
        seed=seed,
    )
    rows = settings_from(RowsOfReader, **{name: options[name] for name in RowsOfReader.model_fields})
    tables = [read_features(features), read_clinical(clinical)]
    external = [read_features(external_features), read_clinical(external_clinical)]
    relevant = {name: str(value) for name, value in options.items() if name != "as_json"}
    with working_in(out, f"validation of {time} and {event}", result_key("validate", asked=relevant)):
        claim_outcome(
            out, features=external_features, clinical=external_clinical, endpoint=endpoint, replacing=replace
        )
        claim_outcome_page(out)
        result = validate_outcome(
            *tables,
            external_features=external[0],
            external_clinical=external[1],
            endpoint=endpoint,
            predictors=predictors,
            rows=rows,
            settings=settings,
        )
        write_outcome(result, out)
        page = build_outcome_page(out)
        answers, sentences = result.summary["answers"], result.summary["sentences"]
        if as_json:
            show_json(performance=result.performance, answers=answers, sentences=sentences)
            return
        show_table(result.performance[result.performance["metric"].str.startswith("harrell_c")])
        for question, answer in answers.items():
            output.print(f"{question} {answer}", markup=False)
        output.print()
        for sentence in [*sentences, f"-> {out}, {page}"]:
            output.print(sentence, markup=False)
