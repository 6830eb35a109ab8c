"""The command `validate`: models on the subjects of another cohort, those of a file or fitted first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.commands.outcome import outcome
from nbradiomics.cli.folders import claim_outcome
from nbradiomics.cli.models import asked_models, show_models, with_options_of, write_pages
from nbradiomics.cli.stated import settings_from, settings_of_options
from nbradiomics.cli.steps import execution_of, names_in, read_clinical, read_features, split_names

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.execution.execution import Execution
    from nbradiomics.features.parameters import Parameters
    from nbradiomics.outcome import OutcomeResult

    #: The outcome that was asked for, the parameters of the models if they are known, and what judges them.
    Asked = tuple[Endpoint, Parameters | None, Callable[[], OutcomeResult]]

#: Arguments and options of `outcome` without a meaning here: nothing is cross-validated, permuted or tried.
_WITHOUT = (
    *("features", "clinical", "leave_out", "folds", "repeats", "refits", "permutations", "work"),
    *("trial", "controls", "drawing", "drawing_readers", "transfer", "fold_features", "perturbed_features"),
)
#: Options that judge models of a file; all others belong to the fitting.
_JUDGING = frozenset(
    {"time", "event", "target", "event_value", "competing", "zero_times", "horizons", "bootstraps"}
    | {"confidence", "seed", "reader", "timepoint", "sequence", "roi", "variant", "engine", "reading"}
    | {"model", "export", "replace", "jobs", "executor", "cluster", "as_json"}
)
_CHANGES_NOTHING = ("jobs", "as_json", "executor", "cluster")
_FORMS = (
    "Write nbradiomics validate model.zip FEATURES CLINICAL (models of a file), or nbradiomics validate "
    "FEATURES CLINICAL EXTERNAL_FEATURES EXTERNAL_CLINICAL (models that are fitted first)."
)


@with_options_of(outcome, _WITHOUT)
def validate(
    tables: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL FEATURES CLINICAL | FEATURES CLINICAL EXTERNAL_FEATURES EXTERNAL_CLINICAL",
            help="A file of models (model.zip of an outcome), and the feature and clinical table of the "
            "external subjects: nothing is fitted. Or four tables: features and outcomes of the cohort to "
            "which models are fitted, then those of the external subjects.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="Models of the file to judge: clinical, volume, radiomic, combined. Separated by commas. "
            "Default: all."
        ),
    ] = None,
    **options: Any,
) -> None:
    """Judge models on the subjects of another cohort: those of a file, or fitted to a first cohort."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.features.parameters import differences_named
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.outcome import write_outcome
    from nbradiomics.report.pages import claim_outcome_page

    options["model"] = model
    read = _of_file if _names_models(tables) else _fitted_first
    endpoint, parameters, judge = read(tables, options)
    stated = {name: str(value) for name, value in options.items() if name not in _CHANGES_NOTHING}
    key = result_key("validate", asked={**stated, "files": str(tuple(tables))})
    with working_in(out, f"validation of {endpoint.text}", key):
        claim_outcome(out, files=tuple(tables), endpoint=endpoint, replacing=options["replace"])
        claim_outcome_page(out)
        with differences_named(parameters, tables[-2]):
            result = judge()
        write_outcome(result, out)
        show_models(result, endpoint, write_pages(out, options["export"]), as_json=options["as_json"])


def _names_models(files: Sequence[Path]) -> bool:
    """Whether the first file is one of models; refuse any other number and mixture of files."""
    from nbradiomics.errors import InputError

    models = [path for path in files if path.suffix.lower() == ".zip"]
    if len(files) == 3 and models == [files[0]]:
        return True
    if len(files) == 4 and not models:
        return False
    listed = ", ".join(path.name for path in files)
    if len(files) == 3:
        why = f"the first of three files is no file of models (.zip): {listed}"
    elif models:
        why = f"{len(files)} files with a file of models ({listed}); two tables were expected behind it"
    else:
        why = f"{len(files)} files ({listed}); three or four were expected"
    raise InputError(f"{why}.", _FORMS)


def _of_file(files: Sequence[Path], options: Mapping[str, Any]) -> Asked:
    from nbradiomics.clinical import number_or_word
    from nbradiomics.outcome import OutcomeSettings
    from nbradiomics.signature import load_models, validate_models
    from nbradiomics.signature.external_subjects import endpoint_of
    from nbradiomics.tables import RowsOfReader

    _refuse_options(options)
    path, features, clinical = files
    models = load_models(path)
    changes = {name: options[name] for name in ("time", "event", "target")}
    changes |= {name: names_in(options[name]) for name in ("event_value", "competing")}
    endpoint = endpoint_of(
        models.content.outcome, **changes, zero_times=number_or_word(options["zero_times"])
    )
    times = options["horizons"]
    horizons = None if times is None else [number_or_word(time) for time in split_names(times)]
    judged = {name: options[name] for name in ("bootstraps", "confidence", "seed")}
    judge = partial(
        validate_models,
        models,
        read_features(features),
        read_clinical(clinical),
        model=split_names(options["model"]) if options["model"] else (),
        endpoint=endpoint,
        rows=settings_of_options(RowsOfReader, options),
        settings=settings_from(OutcomeSettings, horizons=horizons, **judged),
        execution=_execution(options),
    )
    return endpoint, models.parameters, judge


def _fitted_first(files: Sequence[Path], options: Mapping[str, Any]) -> Asked:
    from nbradiomics.errors import InputError
    from nbradiomics.features.parameters import recorded_parameters
    from nbradiomics.outcome import validate_outcome

    if options["model"]:
        raise InputError("--model chooses among the models of a file, and four tables were given.", _FORMS)
    features, clinical, external_features, external_clinical = files
    asked = asked_models(options)
    judge = partial(
        validate_outcome,
        (read_features(features), read_clinical(clinical)),
        (read_features(external_features), read_clinical(external_clinical)),
        endpoint=asked.endpoint,
        predictors=asked.predictors,
        rows=asked.rows,
        stable=asked.stable,
        settings=asked.settings,
        execution=_execution(options),
    )
    return asked.endpoint, recorded_parameters(features), judge


def _execution(options: Mapping[str, Any]) -> Execution:
    return execution_of(options["jobs"], executor=options["executor"], cluster=options["cluster"])


def _refuse_options(options: Mapping[str, Any]) -> None:
    """Refuse options of the fitting: the models of a file stay as they are."""
    from nbradiomics.errors import InputError

    given = [
        name for name, value in options.items() if name not in _JUDGING and value not in (None, False, ())
    ]
    if given:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(
            f"{listed}: the models of a file stay as they are, with the columns and settings that they were "
            "fitted with.",
            f"Leave out {listed}. To fit models first, give four tables.",
        )
