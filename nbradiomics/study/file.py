"""Reading a study file: every problem with its line, and paths made absolute."""

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
from nbradiomics.study.study import Study
from nbradiomics.tables import read_text

#: Problems that are told of one file.
_SHOWN = 100


def read_study(path: str | Path) -> tuple[Study | None, list[Problem]]:
    """Read a study file and find everything wrong with it.

    Returns
    -------
    study
        The study with absolute paths, or ``None`` when the file is not valid.
    problems
        Unknown keys, values of the wrong kind, paths that are not there.
    """
    path = Path(path)
    text = read_text(path, "study file", most=MOST_BYTES)
    try:
        document = read_yaml(text, str(path))
    except YamlError as error:
        found = f"no valid YAML: {error.found}."
        return None, [Problem(str(path), str(error.line), "", "error", found, error.remedy)]
    if not isinstance(document.content, dict):
        found = "the file holds no mapping of keys."
        return None, [Problem(str(path), "1", "", "error", found, "Start from the README's example.")]
    study, problems = _validate(document, path)
    if study is None:
        return None, problems
    resolved = _resolve(study, path.parent)
    return resolved, problems + _missing_files(resolved, path, document)


def _validate(document: Document, path: Path) -> tuple[Study | None, list[Problem]]:
    """Validate; what is wrong is reported and left out, so that the rest is still looked at."""
    content, problems = document.content, list[Problem]()
    while True:
        try:
            return Study.model_validate(content), problems
        except ValidationError as error:
            details = error.errors()
        # What follows from leaving something out is not reported.
        problems = problems or _problems(path, document, details)
        left_out = _leave_out(content, [detail["loc"] for detail in details])
        if not left_out and "cohort" in content:
            return None, problems
        content.setdefault("cohort", "")


def _leave_out(content: dict[str, Any], places: Sequence[tuple[Any, ...]]) -> bool:
    """Remove what stands at some places, or the section that lacks it; whether there was anything."""
    found = {(id(holder), key): holder for keys in places for holder, key in _deepest(content, keys)}
    # The last entry of a list first: the others keep their places.
    for (_, key), holder in sorted(found.items(), key=lambda item: str(item[0][1]), reverse=True):
        del holder[key]
    return bool(found)


def _deepest(place: Any, keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The last of some nested keys that is there, with what holds it; empty where the first one is not."""
    if not keys:
        return []
    names = place if isinstance(place, dict) else range(len(place)) if isinstance(place, list) else ()
    return (_deepest(place[keys[0]], keys[1:]) or [(place, keys[0])]) if keys[0] in names else []


def load_study(path: str | Path) -> Study:
    """Read a study file; raise `InputError` that tells everything wrong with it."""
    study, problems = read_study(path)
    raise_errors(problems)
    assert study is not None  # without an error there is a study
    return study


def _resolve(study: Study, folder: Path) -> Study:
    """Make paths absolute; a preset or a bundled model keeps its name."""
    changes: dict[str, Any] = {"cohort": absolute_path(folder, study.cohort)}
    changes["extract"] = study.extract.model_copy(
        update={"params": _path_or_name(study.extract.params, folder)}
    )
    if study.segment:
        model = _path_or_name(study.segment.model, folder)
        changes["segment"] = study.segment.model_copy(update={"model": model})
    if study.readers.clinical:
        clinical = absolute_path(folder, study.readers.clinical)
        changes["readers"] = study.readers.model_copy(update={"clinical": clinical})
    if study.outcome:
        clinical = absolute_path(folder, study.outcome.clinical)
        changes["outcome"] = study.outcome.model_copy(update={"clinical": clinical})
    return study.model_copy(update=changes)


def _path_or_name(value: str, folder: Path) -> str:
    path = absolute_path(folder, value)
    return str(path) if exists(path) else value


def _missing_files(study: Study, path: Path, document: Document) -> list[Problem]:
    named: list[tuple[tuple[str, ...], Path]] = [(("cohort",), study.cohort)]
    if study.readers.clinical:
        named.append((("readers", "clinical"), study.readers.clinical))
    if study.outcome:
        named.append((("outcome", "clinical"), study.outcome.clinical))
    return [
        Problem(
            str(path),
            str(document.line(keys)),
            ".".join(keys),
            "error",
            f"{file} does not exist or is no file.",
            "Paths are relative to the study file"
            + (", and are written with / on this system." if "\\" in str(file) else "."),
        )
        for keys, file in named
        # A cohort that is not named at all has been reported.
        if not is_regular(file) and file != absolute_path(path.parent, ".")
    ]


def _problems(path: Path, document: Document, details: Sequence[Any]) -> list[Problem]:
    """What is wrong, of a file in which nothing is right the first things."""
    problems = [_problem(path, document, detail) for detail in details[:_SHOWN]]
    if len(details) > _SHOWN:
        found = f"{len(details) - _SHOWN} more values are wrong."
        problems.append(
            Problem(str(path), "", "", "error", found, "Correct the first ones, and check again.")
        )
    return problems


def _problem(path: Path, document: Document, details: Any) -> Problem:
    keys = tuple(details["loc"])
    column = ".".join(str(key) for key in keys if key != "[key]")
    found, remedy = told(details, Study)
    return Problem(str(path), str(document.line(keys)), column, "error", found, remedy)
