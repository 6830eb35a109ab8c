"""Read a study file: report every problem with its line, and make paths absolute."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nbradiomics.files.names import absolute_path
from nbradiomics.files.regular_file import exists, is_regular
from nbradiomics.files.yaml_reader import MOST_BYTES, Document, YamlError, read_yaml
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.settings import told
from nbradiomics.study.external import ExternalCohort
from nbradiomics.study.perturbation import chain_file, with_chain_in
from nbradiomics.study.preparation import files_of_preparation, with_files_in
from nbradiomics.study.rules_file import files_of, with_absolute_paths
from nbradiomics.study.study import Study
from nbradiomics.tables import read_text

#: Sections whose stages are run only if they are there.
_OPTIONAL = ("prepare", "segment", "perturbation", "processing", "controls", "outcome")
#: Maximum number of problems reported for one file.
_SHOWN = 100


def read_study(path: str | Path) -> tuple[Study | None, list[Problem]]:
    """Read a study file and find all its problems.

    Returns
    -------
    study
        The study with absolute paths, or ``None`` when the file is not valid.
    problems
        Unknown keys, invalid values, files that do not exist.
    """
    path = Path(path)
    text = read_text(path, "study file", most=MOST_BYTES)
    try:
        document = read_yaml(text, str(path))
    except YamlError as error:
        found = f"the file is not valid YAML: {error.found}."
        return None, [Problem(str(path), str(error.line), "", "error", found, error.remedy)]
    if not isinstance(document.content, dict):
        found = "the file does not contain keys with values."
        return None, [Problem(str(path), "1", "", "error", found, "Start from the example in the README.")]
    study, problems = _validate(document, path)
    if study is None:
        return None, problems
    resolved = _resolve(study, path.parent)
    problems += _empty_sections(document, path)
    return resolved, problems + _missing_files(resolved, path, document)


def _empty_sections(document: Document, path: Path) -> list[Problem]:
    """Warn of a section without keys, which is read as no section."""
    found = "the section has no keys, so that its stage is not run."
    remedy = "Write its keys ({} for the default of each), or remove the section."
    return [
        Problem(str(path), str(document.line((name,))), name, "warning", found, remedy)
        for name in _OPTIONAL
        if name in document.content and document.content[name] is None
    ]


def _validate(document: Document, path: Path) -> tuple[Study | None, list[Problem]]:
    """Validate the content; report and remove invalid values, so that the rest can still be checked."""
    content, problems = document.content, list[Problem]()
    while True:
        try:
            return Study.model_validate(content), problems
        except ValidationError as error:
            details = error.errors()
        # Later errors are only consequences of the removed values: report the first ones.
        problems = problems or _problems(path, document, details)
        left_out = _leave_out(content, [detail["loc"] for detail in details])
        if not left_out and "cohort" in content:
            return None, problems
        content.setdefault("cohort", "")


def _leave_out(content: dict[str, Any], places: Sequence[tuple[Any, ...]]) -> bool:
    """Remove the values at some places, or the section that lacks a key; return whether any was removed."""
    entries = {(id(parent), key): parent for keys in places for parent, key in _deepest(content, keys)}
    # Remove the last entry of a list first, so that the others keep their positions.
    for (_, key), parent in sorted(entries.items(), key=lambda item: str(item[0][1]), reverse=True):
        del parent[key]
    return bool(entries)


def _deepest(place: Any, keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the deepest existing one of some nested keys, with its parent; empty if the first is missing."""
    if not keys:
        return []
    names = place if isinstance(place, dict) else range(len(place)) if isinstance(place, list) else ()
    return (_deepest(place[keys[0]], keys[1:]) or [(place, keys[0])]) if keys[0] in names else []


def load_study(path: str | Path) -> Study:
    """Read a study file; raise an `InputError` that lists all its problems."""
    study, problems = read_study(path)
    raise_errors(problems)
    assert study is not None  # a file without errors gives a study
    return study


def _resolve(study: Study, folder: Path) -> Study:
    """Make paths absolute; a preset or a bundled model keeps its name."""
    changes: dict[str, Any] = {"cohort": absolute_path(folder, study.cohort)}
    changes["extract"] = study.extract.model_copy(
        update={"params": _path_or_name(study.extract.params, folder)}
    )
    changes["reproducibility"] = with_absolute_paths(study.reproducibility, folder)
    if study.perturbation:
        changes["perturbation"] = with_chain_in(study.perturbation, folder)
    if study.prepare:
        changes["prepare"] = with_files_in(study.prepare, folder)
    if study.processing:
        grid = absolute_path(folder, study.processing.grid)
        changes["processing"] = study.processing.model_copy(update={"grid": grid})
    if study.segment:
        model = _path_or_name(study.segment.model, folder)
        changes["segment"] = study.segment.model_copy(update={"model": model})
    if study.readers.clinical:
        clinical = absolute_path(folder, study.readers.clinical)
        changes["readers"] = study.readers.model_copy(update={"clinical": clinical})
    if study.needed_agreement.repeatability:
        table = absolute_path(folder, study.needed_agreement.repeatability)
        changes["needed_agreement"] = study.needed_agreement.model_copy(update={"repeatability": table})
    if study.outcome:
        clinical = absolute_path(folder, study.outcome.clinical)
        external = [_external_in(folder, cohort) for cohort in study.outcome.external]
        changes["outcome"] = study.outcome.model_copy(update={"clinical": clinical, "external": external})
    return study.model_copy(update=changes)


def _external_in(folder: Path, cohort: ExternalCohort) -> ExternalCohort:
    places = {name: absolute_path(folder, getattr(cohort, name)) for name in ("features", "clinical")}
    return cohort.model_copy(update=places)


def _path_or_name(value: str, folder: Path) -> str:
    path = absolute_path(folder, value)
    return str(path) if exists(path) else value


def _missing_files(study: Study, path: Path, document: Document) -> list[Problem]:
    named: list[tuple[tuple[str | int, ...], Path]] = [(("cohort",), study.cohort)]
    if study.readers.clinical:
        named.append((("readers", "clinical"), study.readers.clinical))
    named += [(("prepare", key), file) for key, file in files_of_preparation(study.prepare).items()]
    chain = chain_file(study.perturbation)
    named += [] if chain is None else [(("perturbation", "chain"), chain)]
    named += [] if study.processing is None else [(("processing", "grid"), study.processing.grid)]
    named += [(("reproducibility", *keys), file) for keys, file in files_of(study.reproducibility)]
    if study.needed_agreement.repeatability:
        named.append((("needed_agreement", "repeatability"), study.needed_agreement.repeatability))
    if study.outcome:
        named.append((("outcome", "clinical"), study.outcome.clinical))
        for place, cohort in enumerate(study.outcome.external):
            tables = zip(("features", "clinical"), cohort.files, strict=True)
            named += [(("outcome", "validate", place, table), file) for table, file in tables]
    return [
        Problem(
            str(path),
            str(document.line(keys)),
            ".".join(map(str, keys)),
            "error",
            f"{file} does not exist or is not a file.",
            "Paths are relative to the study file"
            + (". Write paths with / on this system." if "\\" in str(file) else "."),
        )
        for keys, file in named
        # A missing key `cohort` has already been reported.
        if not is_regular(file) and file != absolute_path(path.parent, ".")
    ]


def _problems(path: Path, document: Document, details: Sequence[Any]) -> list[Problem]:
    """List the problems of a file; if there are too many, the first ones and the number of the others."""
    problems = [_problem(path, document, detail) for detail in details[:_SHOWN]]
    if len(details) > _SHOWN:
        found = f"{len(details) - _SHOWN} more values are invalid."
        problems.append(
            Problem(str(path), "", "", "error", found, "Correct the values above, and check again.")
        )
    return problems


def _problem(path: Path, document: Document, details: Any) -> Problem:
    keys = tuple(details["loc"])
    column = ".".join(str(key) for key in keys if key != "[key]")
    found, remedy = told(details, Study)
    return Problem(str(path), str(document.line(keys)), column, "error", found, remedy)
