"""The command `outcome`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.drawing import (
    AskedDrawing,
    DrawingReaders,
    FoldFeatures,
    PerturbedFeatures,
    Transfer,
    asked_comparison,
    with_comparison,
)
from nbradiomics.cli.folders import claim_outcome, remove_conclusions
from nbradiomics.cli.harmonisation import (
    BatchOrder,
    Harmonised,
    HarmonisedCovariates,
    HarmonisedNames,
    LeastSubjects,
    MCombat,
    MeanOnly,
    Measured,
    Parametric,
    ReferenceBatch,
    Shrinkage,
    SmallBatch,
    UnseenRule,
)
from nbradiomics.cli.models import asked_models, show_models, write_pages
from nbradiomics.cli.options import (
    Categorical,
    ClusterFile,
    Engine,
    EventValue,
    ExecutorName,
    Export,
    FeatureNames,
    Jobs,
    Json,
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
    Work,
    ZeroTimes,
)
from nbradiomics.cli.stated import setting
from nbradiomics.cli.steps import (
    execution_of,
    read_clinical,
    read_features,
)

if TYPE_CHECKING:
    from nbradiomics.outcome import OutcomeResult

_MODELS = "outcome.settings:OutcomeSettings"
#: Options that do not change the results.
_CHANGES_NOTHING = ("jobs", "as_json", "work", "executor", "cluster")


def outcome(
    features: Annotated[Path, typer.Argument(help="Feature table from any source, with a column `subject`.")],
    clinical: Annotated[Path, typer.Argument(help="Clinical table: one row per subject.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    time: Annotated[str | None, setting("clinical.endpoints:Endpoint.time")] = None,
    event: Annotated[str | None, setting("clinical.endpoints:Endpoint.event")] = None,
    target: Annotated[str | None, setting("clinical.endpoints:Endpoint.target")] = None,
    positive: Annotated[
        str | None, setting("clinical.endpoints:Endpoint.positive", hint="Separated by commas.")
    ] = None,
    covariates: Annotated[
        str | None, setting("outcome.settings:Predictors.covariates", hint="Separated by commas.")
    ] = None,
    feature_names: FeatureNames = None,
    leave_out: Annotated[str | None, setting("outcome.settings:Predictors.leave_out")] = None,
    harmonise: Harmonised = None,
    harmonise_covariates: HarmonisedCovariates = None,
    harmonise_features: HarmonisedNames = None,
    reference_batch: ReferenceBatch = None,
    mean_only: MeanOnly = None,
    eb: Shrinkage = None,
    parametric: Parametric = None,
    m_combat: MCombat = None,
    batch_order: BatchOrder = None,
    unseen: UnseenRule = None,
    small_batch: SmallBatch = None,
    site_effects: Measured = None,
    least_subjects: LeastSubjects = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    ordinal: Ordinal = None,
    missing: Missing = None,
    event_value: EventValue = None,
    competing: Annotated[
        str | None, setting("clinical.endpoints:Endpoint.competing", hint="Separated by commas.")
    ] = None,
    zero_times: ZeroTimes = None,
    reader: Annotated[str | None, setting("tables:RowsOfReader.reader")] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    stable: Annotated[
        Path | None, typer.Option(help="Table of `reproducibility`: use its stable features only.")
    ] = None,
    folds: Annotated[int | None, setting(f"{_MODELS}.folds")] = None,
    repeats: Annotated[int | None, setting(f"{_MODELS}.repeats")] = None,
    method: Annotated[str | None, setting(f"{_MODELS}.method")] = None,
    penalizer: Annotated[str | None, setting(f"{_MODELS}.penalizer")] = None,
    covariate_penalizer: Annotated[float | None, setting(f"{_MODELS}.covariate_penalizer")] = None,
    l1_ratio: Annotated[str | None, setting(f"{_MODELS}.l1_ratio")] = None,
    power_transform: Annotated[
        bool | None, setting(f"{_MODELS}.power_transform", "--power-transform/--no-power-transform")
    ] = None,
    correlation: Annotated[float | None, setting(f"{_MODELS}.correlation")] = None,
    selection: Annotated[str | None, setting(f"{_MODELS}.selection")] = None,
    selected: Annotated[int | None, setting(f"{_MODELS}.selected")] = None,
    missing_features: Annotated[float | None, setting(f"{_MODELS}.missing_features")] = None,
    missing_covariates: Annotated[float | None, setting(f"{_MODELS}.missing_covariates")] = None,
    missing_indicators: Annotated[
        bool | None, setting(f"{_MODELS}.missing_indicators", "--missing-indicators/--no-missing-indicators")
    ] = None,
    bootstraps: Annotated[int | None, setting(f"{_MODELS}.bootstraps")] = None,
    refits: Annotated[int | None, setting(f"{_MODELS}.refits")] = None,
    horizons: Annotated[str | None, setting(f"{_MODELS}.horizons", hint="Separated by commas.")] = None,
    confidence: Annotated[float | None, setting(f"{_MODELS}.confidence")] = None,
    permutations: Annotated[int | None, setting(f"{_MODELS}.permutations")] = None,
    stability_readers: Annotated[
        str | None, setting(f"{_MODELS}.stability_readers", hint="Separated by commas.")
    ] = None,
    trial: Annotated[bool | None, setting("outcome.settings:TrialSettings.trial", "--trial")] = None,
    controls: Annotated[
        Path | None,
        typer.Option(
            help="Feature table of `controls`: try the radiomic model on its negative controls too."
        ),
    ] = None,
    seed: Annotated[int | None, setting(f"{_MODELS}.seed")] = None,
    icc_threshold: Annotated[float | None, setting(f"{_MODELS}.icc_threshold")] = None,
    icc_form: Annotated[str | None, setting(f"{_MODELS}.icc_form")] = None,
    readers_in_general: Annotated[
        bool | None, setting(f"{_MODELS}.readers_in_general", "--readers-in-general")
    ] = None,
    min_subjects: MinSubjects = None,
    drawing: AskedDrawing = False,
    drawing_readers: DrawingReaders = None,
    transfer: Transfer = None,
    fold_features: FoldFeatures = None,
    perturbed_features: PerturbedFeatures = None,
    export: Export = None,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    as_json: Json = False,
) -> None:
    """Fit and validate outcome models: clinical, radiomic, combined."""
    options = dict(locals())
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.outcome import evaluate_outcome, try_outcome, write_outcome
    from nbradiomics.report.model_card import write_card_beside
    from nbradiomics.report.pages import claim_outcome_page
    from nbradiomics.signature import write_models_beside
    from nbradiomics.workflows.run_evidence import write_outcome_evidence

    comparison = asked_comparison(options)
    asked = asked_models(options)
    tables = read_features(features), read_clinical(clinical)
    tried = None if controls is None else read_features(controls)
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    relevant = {name: str(value) for name, value in options.items() if name not in _CHANGES_NOTHING}
    key = result_key("outcome", asked=relevant)
    further = (controls, fold_features, perturbed_features)
    files = (features, clinical, *(path for path in further if path is not None))

    def write_beside_models(result: OutcomeResult) -> None:
        """The file of the models first: it tells what the summary says, which names the file."""
        write_models_beside(result, out, name=features.stem)
        write_outcome(result, out)

    with working_in(out, f"outcome of {asked.endpoint.text}", key):
        claim_outcome(out, files=files, endpoint=asked.endpoint, replacing=replace)
        claim_outcome_page(out)
        result = evaluate_outcome(
            *tables,
            endpoint=asked.endpoint,
            predictors=asked.predictors,
            rows=asked.rows,
            stable=asked.stable,
            settings=asked.settings,
            execution=execution,
        )
        remove_conclusions(out)
        write_beside_models(result)  # stays if what follows is refused or stopped
        if trial or tried is not None:
            result = try_outcome(result, tried, execution=execution)
            write_beside_models(result)
        if comparison is not None:
            result = with_comparison(result, comparison, tables, asked, execution)
            write_beside_models(result)
        write_card_beside(out)
        write_outcome_evidence(out)
        show_models(result, asked.endpoint, write_pages(out, export), as_json=as_json)
