"""The one reader of YAML: what it gives, what it refuses, and that nothing else comes out of it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st

import nbradiomics
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import load_parameters, presets
from nbradiomics.files.yaml_reader import YamlError, read_yaml
from nbradiomics.study.file import read_study

_STUDY = """\
cohort: cohort.csv
name: A study
seed: 7
segment:
  model: synthetic-demo
  training_subjects: [P1, P2]
readers: &readers
  metric: dice
  margin: 0.03
extract:
  params: t2w_mr_1mm
outcome:
  clinical: clinical.csv
  covariates: [age, stage]
  endpoints:
    - {name: os, time: t, event: e, event_value: 1}
"""
_PARAMETERS = presets()["t2w_mr_1mm"].read_text(encoding="utf-8")
_HOSTILE = (
    *("&a [*a]", "*x", "!!int x", "!!python/name:os.system", "2020-13-45", "1" * 5000, "1" * 400, "1.0e+400"),
    *(".nan", "0x10", "010", "1_000", "1:30", "{a: 1, a: 2}", "{[1]: 2}", "[" * 50, "'", '"\\UFFFFFFFF"'),
    *(
        '"\\0"',
        "- 1",
        "? a",
        "<<",
        "=",
        "~",
        "|",
        ">",
        "%YAML 9",
        "---",
        "yes",
        "[]",
        "{}",
        "[[1, 2], {a: b}]",
    ),
    *("١٢", "½", "\x00", "\t", "é" * 300),
)


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> bytes:
    """A sound text of which some characters, lines or values are others."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["value", "double", "drop", "indent", "swap", "whole"]))
        key, colon, _ = lines[place].partition(":")
        hostile = draw(st.sampled_from(_HOSTILE))
        if kind == "value":
            lines[place] = f"{key}{colon} {hostile}"
        elif kind == "double":
            lines.insert(place, lines[place])
        elif kind == "drop":
            del lines[place]
        elif kind == "indent":
            lines[place] = "  " * draw(st.integers(1, 30)) + lines[place]
        elif kind == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            lines[place] = hostile
        lines = lines or [""]
    raw = bytearray("\n".join(lines).encode())
    for _ in range(draw(st.integers(0, 3))):
        if raw:
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw)


def _loads_or_is_refused(folder: Path, raw: bytes, load: Any) -> None:
    file = folder / "f.yaml"
    file.write_bytes(raw)
    told = ""
    try:
        load(file)
    except InputError as error:
        told = str(error)
    assert not told or str(file) in told
    assert len(told) < 20_000


_QUICK = settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
_LONG = settings(_QUICK, max_examples=3000)


@_QUICK
@given(spoilt(_STUDY))
def test_a_spoilt_study_is_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    _loads_or_is_refused(tmp_path, raw, read_study)


@_QUICK
@given(spoilt(_PARAMETERS))
def test_spoilt_parameters_are_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    _loads_or_is_refused(tmp_path, raw, load_parameters)


@pytest.mark.exhaustive
@_LONG
@given(spoilt(_STUDY))
def test_thousands_of_spoilt_studies_are_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    _loads_or_is_refused(tmp_path, raw, read_study)


@pytest.mark.exhaustive
@_LONG
@given(spoilt(_PARAMETERS))
def test_thousands_of_spoilt_parameters_are_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    _loads_or_is_refused(tmp_path, raw, load_parameters)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(_VALUES)
def test_what_is_dumped_is_read_as_it_was(value: Any) -> None:
    text = yaml.safe_dump({"a": value}, allow_unicode=True)
    assert read_yaml(text, "t").content == {"a": value}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a: 2020-01-31", {"a": "2020-01-31"}),
        ("a: +1", {"a": 1}),
        ("a: -0.5e-3", {"a": -0.5e-3}),
        ("a: .inf", {"a": float("inf")}),
        ("yes: 1\n2: b", {"yes": 1, "2": "b"}),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}", {"a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 3}}),
        (
            "a: &x {k: 1, m: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
            {"a": {"k": 1, "m": 1}, "b": {"k": 2, "l": 2}, "c": {"k": 1, "l": 2, "m": 1}},
        ),
        ("a: {<<: &x {<<: &y {k: 1}, k: 2}}\nb: *x", {"a": {"k": 2}, "b": {"k": 2}}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: !!null ''", {"a": None}),
    ],
)
def test_plain_yaml_is_read(text: str, content: Any) -> None:
    assert read_yaml(text, "t").content == content


def test_a_line_is_that_of_the_key_or_of_what_should_hold_it() -> None:
    document = read_yaml("a: 1\nb:\n  - c: 2\n  -\n    d: 3\n", "t")
    lines = {keys: document.line(keys) for keys in [("a",), ("b", 1, "d"), ("b", 0, "x"), ("x",), ("b", 9)]}
    assert lines == {("a",): 1, ("b", 1, "d"): 5, ("b", 0, "x"): 3, ("x",): 1, ("b", 9): 2}


def test_an_error_names_the_file_and_the_line() -> None:
    with pytest.raises(YamlError, match=r"p\.yaml, line 3: .*'a' occurs twice, first on line 1") as caught:
        read_yaml("a: 1\nb: 2\na: 3\n", "p.yaml")
    assert caught.value.line == 3


def test_no_other_module_reads_yaml() -> None:
    package = Path(nbradiomics.__file__).parent
    readers = {
        "load",
        "safe_load",
        "load_all",
        "safe_load_all",
        "full_load",
        "unsafe_load",
        "compose",
        "parse",
    }
    found = [
        (file.name, node.attr)
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml"
        if node.attr in readers | {"SafeLoader", "Loader", "CSafeLoader"} and file.name != "yaml_reader.py"
    ]
    assert found == []


def test_values_are_counted_as_they_come_and_long_numbers_take_no_time() -> None:
    with pytest.raises(YamlError, match="more than 10,000 values"):
        read_yaml("a: [" + "b: c, " * 30_000 + "]", "t")
    with pytest.raises(YamlError, match="250,000 characters"):
        read_yaml("a: " + "1" * 250_000, "t")


def test_a_path_of_windows_in_double_quotes_is_told_what_to_do() -> None:
    with pytest.raises(YamlError, match="write a Windows path with /"):
        read_yaml(r'cohort: "C:\Users\x.csv"', "t")
