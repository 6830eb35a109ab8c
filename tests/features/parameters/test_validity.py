"""Our own check of parameter files gives the verdicts of PyRadiomics' schema."""

from __future__ import annotations

import logging
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.keys import INTERPOLATORS, SECTIONS, SETTINGS, VOXEL_SETTINGS, WEIGHTS
from nbradiomics.features.parameters.names import FEATURES, IMAGE_TYPES, RETIRED
from nbradiomics.features.parameters.validity import require_valid
from nbradiomics.files.yaml_reader import read_yaml
from nbradiomics.system.quiet import quiet

radiomics = pytest.importorskip("radiomics")


@cache
def _schema() -> Any:
    """PyRadiomics' schema, read by pykwalify once: reading takes far longer than checking a file."""
    from pykwalify.core import Core

    logging.getLogger("pykwalify").addHandler(logging.NullHandler())
    rules, functions = radiomics.getParameterValidationFiles()
    content = read_yaml(Path(rules).read_text(encoding="utf-8"), rules).content
    with quiet("the load_module", DeprecationWarning):
        core = Core(source_data={"setting": {}}, schema_data=content, extensions=[functions])
        core.validate()
    return core


def _of_schema(content: dict[str, Any]) -> bool:
    """Whether PyRadiomics' schema accepts a content."""
    from pykwalify.errors import PyKwalifyException

    core = _schema()
    core.errors = []
    try:
        core._validate(deepcopy(content) or {"setting": {}}, core.root_rule, "", [])
    except (PyKwalifyException, ValueError, TypeError):
        return False
    return not core.errors


def _ours(content: dict[str, Any]) -> bool:
    try:
        require_valid("p", content)
    except InputError:
        return False
    return True


_WORDS = st.sampled_from(
    [*INTERPOLATORS[:3], *WEIGHTS, "absolute", "relative", "sigma", "default", "var", "coif1", "morl", "x"]
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.sampled_from([0.0, 0.5, 1.0, -1.5, 25.0, float("nan"), float("inf")]),
    st.sampled_from(["", "25", "-1", "1e-3", "nan", " 2 ", "1_0", "٣"]),
    _WORDS,
)
_VALUES = st.one_of(
    _SCALARS, _SCALARS, st.lists(_SCALARS, max_size=3), st.dictionaries(_WORDS, _SCALARS, max_size=2)
)


def _section(keys: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Mostly a few keys that exist, sometimes no mapping at all."""
    named = st.one_of(st.sampled_from(keys), st.sampled_from(keys), st.sampled_from(["binwidth", "", "x"]))
    return st.one_of(
        st.dictionaries(named, _VALUES, max_size=3), st.dictionaries(named, _VALUES, max_size=1), _SCALARS
    )


_FEATURES = st.sampled_from(
    [*FEATURES["firstorder"], *FEATURES["glcm"][:4], *RETIRED["glcm"], "mean", "", 3, None]
)
_CLASSES = st.one_of(
    st.dictionaries(
        st.sampled_from([*FEATURES, "GLCM", ""]),
        st.one_of(st.none(), st.lists(_FEATURES, max_size=2), _VALUES),
        max_size=2,
    ),
    _SCALARS,
)
_TYPES = st.one_of(
    st.dictionaries(st.sampled_from([*IMAGE_TYPES, "log", ""]), _section(tuple(SETTINGS)), max_size=2),
    _SCALARS,
)
_ANY = {
    "setting": _section(tuple(SETTINGS)),
    "voxelSetting": _section(tuple(VOXEL_SETTINGS)),
    "featureClass": _CLASSES,
    "imageType": _TYPES,
    "settings": _SCALARS,
}
_CONTENTS = st.one_of(
    st.fixed_dictionaries({}, optional=_ANY),
    *(st.fixed_dictionaries({name: strategy}) for name, strategy in _ANY.items()),
)


def test_the_keys_are_those_of_the_schema() -> None:
    sections = _schema().root_rule.mapping
    assert set(SECTIONS) == set(sections)
    assert list(SETTINGS) == list(sections["setting"].mapping)
    assert list(VOXEL_SETTINGS) == list(sections["voxelSetting"].mapping)


def test_the_names_are_those_of_pyradiomics() -> None:
    assert list(IMAGE_TYPES) == radiomics.getImageTypes()
    classes = radiomics.getFeatureClasses()
    assert list(FEATURES) == list(classes)
    for name, one in classes.items():
        names = one.getFeatureNames()
        assert FEATURES[name] == tuple(feature for feature, retired in names.items() if not retired)
        assert RETIRED.get(name, ()) == tuple(feature for feature, retired in names.items() if retired)


@pytest.mark.parametrize("key", [*SETTINGS])
def test_every_value_of_a_key_gets_the_verdict_of_the_schema(key: str) -> None:
    values = [
        None,
        True,
        0,
        1,
        3,
        4,
        11,
        -1,
        0.5,
        -0.5,
        "2",
        "",
        "coif1",
        "morl",
        "sigma",
        "var",
        "manhattan",
    ]
    values += ["sitkLinear", [], [1], [-1], [0], [1.5], [None], ["1"], ["x"], {}]
    for value in values:
        content = {"setting": {key: value}}
        assert _ours(content) == _of_schema(content), value


@given(_CONTENTS)
@settings(max_examples=100)
def test_the_verdicts_are_those_of_the_schema(content: dict[str, Any]) -> None:
    assert _ours(content) == _of_schema(content)


@pytest.mark.exhaustive
@given(_CONTENTS)
@settings(max_examples=10_000, deadline=None)
def test_the_verdicts_are_those_of_the_schema_on_thousands_of_files(content: dict[str, Any]) -> None:
    assert _ours(content) == _of_schema(content)


def test_all_problems_are_named() -> None:
    with pytest.raises(InputError) as caught:
        require_valid("p", {"setting": {"binwidth": 3, "level": 0}, "featureClass": {"glmc": None}})
    assert all(
        word in str(caught.value)
        for word in ("'binwidth'", "setting.level is 0", "'glmc'", "Did you mean binWidth", "glcm?")
    )
