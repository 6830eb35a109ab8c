"""Check the keys and the kinds of values of a parameter file: the verdicts of PyRadiomics' own schema."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.keys import SECTIONS, SETTINGS, VOXEL_SETTINGS, Key
from nbradiomics.features.parameters.names import FEATURES, IMAGE_TYPES, RETIRED
from nbradiomics.messages.wording import quoted

#: Most problems and unknown words that one message names.
_MOST = 10


def require_valid(name: str, content: Mapping[str, Any]) -> None:
    """Raise one `InputError` that names every unknown key and every value of a wrong kind or out of range.

    Parameters
    ----------
    name
        The file, for messages.
    content
        Content of the file, without the section of this package.
    """
    problems = [problem for section, value in content.items() for problem in _section(section, value)]
    if not problems:
        return
    texts = [text for text, _ in problems[:_MOST]]
    more = [f"and {len(problems) - _MOST} more"] if len(problems) > _MOST else []
    raise InputError(
        f"{name} is not a valid PyRadiomics parameter file: {'; '.join([*texts, *more])}.",
        f"{_did_you_mean(word for _, word in problems)}Correct these keys or values; see PyRadiomics' "
        "documentation of parameters.",
    )


#: What is wrong, and the unknown word in it, if there is one.
_Problem = tuple[str, str]


def _section(section: str, value: Any) -> Iterator[_Problem]:
    if section not in SECTIONS:
        yield f"{quoted(section)} is not a section of a parameter file ({', '.join(SECTIONS)})", section
    elif not isinstance(value, dict):
        yield f"{section} is {quoted(value)}; a mapping was expected", ""
    elif section == "setting":
        yield from _settings(section, value, SETTINGS)
    elif section == "voxelSetting":
        yield from _settings(section, value, VOXEL_SETTINGS)
    elif section == "imageType":
        yield from _image_types(value)
    else:
        yield from _classes(value)


def _settings(section: str, settings: Mapping[str, Any], known: Mapping[str, Key]) -> Iterator[_Problem]:
    for key, value in settings.items():
        if key not in known:
            yield f"{section} has no key {quoted(key)}", key
        elif expected := known[key].expected(value):
            yield f"{section}.{key} is {quoted(value)}; {expected}", ""


def _image_types(types: Mapping[str, Any]) -> Iterator[_Problem]:
    for kind, settings in types.items():
        if kind not in IMAGE_TYPES:
            yield f"there is no image type {quoted(kind)} ({', '.join(IMAGE_TYPES)})", kind
        elif not isinstance(settings, dict):
            yield f"imageType.{kind} is {quoted(settings)}; a mapping was expected, such as {{}}", ""
        else:
            yield from _settings(f"imageType.{kind}", settings, SETTINGS)


def _classes(classes: Mapping[str, Any]) -> Iterator[_Problem]:
    for class_, features in classes.items():
        if class_ not in FEATURES:
            yield f"there is no feature class {quoted(class_)} ({', '.join(FEATURES)})", class_
        elif features is not None and not isinstance(features, list):
            yield f"featureClass.{class_} is {quoted(features)}; a list of features was expected", ""
        else:
            known = (*FEATURES[class_], *RETIRED.get(class_, ()))
            for feature in features or ():
                if feature not in known:
                    yield f"the class {class_} has no feature {quoted(feature)}", str(feature)


def _did_you_mean(words: Iterable[str]) -> str:
    """Suggest known words that are similar to the unknown words; empty if there are none."""
    known = _known_words()
    unknown = [word for word in words if word][:_MOST]
    near = [difflib.get_close_matches(word.casefold(), known, n=2, cutoff=0.7) for word in unknown]
    similar = list(dict.fromkeys(known[word] for found in near for word in found))
    return f"Did you mean {' or '.join(similar)}? " if similar else ""


@cache
def _known_words() -> dict[str, str]:
    """Return the names of all sections, settings, image types, classes and features, by lower-case text."""
    features = [feature for names in (*FEATURES.values(), *RETIRED.values()) for feature in names]
    words = (*SECTIONS, *SETTINGS, *VOXEL_SETTINGS, *IMAGE_TYPES, *FEATURES, *features)
    return {word.casefold(): word for word in words}
