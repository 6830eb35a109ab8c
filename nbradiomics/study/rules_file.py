"""The files that studies of reproducibility name, in a study file or in a file of rules."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from nbradiomics.errors import InputError
from nbradiomics.files.names import absolute_path
from nbradiomics.files.regular_file import is_regular
from nbradiomics.files.yaml_reader import MOST_BYTES, YamlError, read_yaml
from nbradiomics.reproducibility.rules.settings import CombinedRules, RulesFile
from nbradiomics.tables import read_text

Section = TypeVar("Section", bound=CombinedRules)


def load_rules(path: str | Path) -> RulesFile:
    """Read a file of rules; its paths become absolute.

    Raises
    ------
    InputError
        When the file cannot be read, is not YAML, has no rule or an invalid value, or a file does not exist.
    """
    path = Path(path)
    text = read_text(path, "file of rules", most=MOST_BYTES)
    try:
        content = read_yaml(text, str(path)).content
    except YamlError as error:
        found = f"{path}, line {error.line}: the file is not valid YAML: {error.found}."
        raise InputError(found, error.remedy) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} does not contain keys with values.", "Write the keys studies and rules.")
    try:
        rules = RulesFile(**content)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error
    if not rules.rules:
        raise InputError(f"{path} has no rules.", "Add rules, such as: rules: [readers.low >= 0.75]")
    rules = with_absolute_paths(rules, path.parent)
    if rules.features is not None:
        rules = rules.model_copy(update={"features": absolute_path(path.parent, rules.features)})
    named = [*files_of(rules), *([(("features",), rules.features)] if rules.features else [])]
    for keys, file in named:
        if not is_regular(file):
            raise InputError(
                f"{path}: {'.'.join(keys)}: {file} does not exist or is not a file.",
                "Paths are relative to the file of rules.",
            )
    return rules


def with_absolute_paths(section: Section, folder: Path) -> Section:
    """Return the section with absolute paths; they are relative to a folder."""
    studies = {
        name: study.model_copy(
            update={
                key: absolute_path(folder, file)
                for key, file in (("features", study.features), ("table", study.table))
                if file is not None
            }
        )
        for name, study in section.studies.items()
    }
    return section.model_copy(update={"studies": studies}) if studies else section


def files_of(section: CombinedRules) -> list[tuple[tuple[str, ...], Path]]:
    """Return the files that the studies name, with the keys of each."""
    return [
        (("studies", name, key), file)
        for name, study in section.studies.items()
        for key, file in (("features", study.features), ("table", study.table))
        if file is not None
    ]
