"""What the commands `outcome` and `validate` share: options of outcome models, and how a result is shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from nbradiomics.cli.console import output, show_json, show_table
from nbradiomics.cli.harmonisation import harmonise_of
from nbradiomics.cli.stated import settings_from, settings_of_options
from nbradiomics.cli.steps import names_in, split_names

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome import OutcomeResult, OutcomeSettings, Predictors
    from nbradiomics.tables import RowsOfReader


@dataclass(frozen=True)
class AskedModels:
    """Settings of outcome models, as the options gave them, and the file of stable features."""

    endpoint: Endpoint
    predictors: Predictors
    rows: RowsOfReader
    stable: list[str] | None
    settings: OutcomeSettings


def asked_models(options: Mapping[str, Any]) -> AskedModels:
    """Make the settings from the options by their names; an absent option keeps the default."""
    from nbradiomics.clinical import Endpoint, declaration_of, number_or_word
    from nbradiomics.outcome import OutcomeSettings, Predictors
    from nbradiomics.reproducibility import read_stable
    from nbradiomics.tables import RowsOfReader

    endpoint = settings_from(
        Endpoint,
        time=options["time"],
        event=options["event"],
        target=options["target"],
        positive=names_in(options["positive"]),
        event_value=names_in(options["event_value"]),
        competing=names_in(options["competing"]),
        zero_times=number_or_word(options["zero_times"]),
    )
    declared = declaration_of(
        categorical=split_names(options["categorical"]),
        numeric=split_names(options["numeric"]),
        ordinal=options["ordinal"] or (),
        missing=options["missing"] or (),
    )
    predictors = settings_from(
        Predictors,
        **declared.stated(),
        covariates=names_in(options["covariates"]),
        feature_names=names_in(options["feature_names"]),
        leave_out=options.get("leave_out"),
        harmonise=harmonise_of(options),
    )
    horizons = options["horizons"]
    converted = {
        "stability_readers": names_in(options["stability_readers"]),
        "penalizer": number_or_word(options["penalizer"]),
        "l1_ratio": number_or_word(options["l1_ratio"]),
        "horizons": None if horizons is None else [number_or_word(time) for time in split_names(horizons)],
    }
    plain = {name: options.get(name) for name in OutcomeSettings.model_fields if name not in converted}
    return AskedModels(
        endpoint=endpoint,
        predictors=predictors,
        rows=settings_of_options(RowsOfReader, options),
        stable=None if options["stable"] is None else read_stable(options["stable"]),
        settings=settings_from(OutcomeSettings, **plain, **converted),
    )


def with_options_of(
    other: Callable[..., None], without: Collection[str]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of another command to a command that takes them as keywords.

    Parameters
    ----------
    other
        Command with the options.
    without
        Its parameters that the new command does not have, such as its arguments.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = [
            each
            for each in inspect.signature(function).parameters.values()
            if each.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        names = {each.name for each in own} | set(without)
        theirs = [each for each in inspect.signature(other).parameters.values() if each.name not in names]
        parameters = sorted([*own, *theirs], key=lambda each: each.default is not inspect.Parameter.empty)
        hints = {
            **get_type_hints(other, include_extras=True),
            **get_type_hints(function, include_extras=True),
        }
        function.__annotations__ = {each.name: hints[each.name] for each in parameters} | {"return": None}
        function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [each.replace(annotation=hints[each.name]) for each in parameters]
        )
        return function

    return decorate


def write_pages(out: Path, export: str | None) -> list[str]:
    """Build the page of an outcome folder and, if asked, the files for a paper; say where they are."""
    from nbradiomics.report import export_paper
    from nbradiomics.report.pages import build_outcome_page

    lines = [f"-> {out}, {build_outcome_page(out)}"]
    return [*lines, *export_paper(out).lines] if export else lines


def show_models(result: OutcomeResult, endpoint: Endpoint, written: Sequence[str], *, as_json: bool) -> None:
    """Print how well the models order the subjects, the answers, the sentences and what was written."""
    drawing = result.summary.get("drawing", {}).get("sentences", [])
    sentences = [*result.summary["sentences"], *drawing, *written]
    answers = result.summary["answers"]
    if as_json:
        show_json(performance=result.performance, answers=answers, sentences=sentences)
        return
    order = "roc_auc" if endpoint.target else "harrell_c"
    show_table(result.performance[result.performance["metric"].str.startswith(order)])
    for question, answer in answers.items():
        output.print(f"{question} {answer}", markup=False)
    output.print()
    for sentence in sentences:
        output.print(sentence, markup=False)
