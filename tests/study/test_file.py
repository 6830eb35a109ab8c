"""The study file: defaults, paths, and what is refused."""

from pathlib import Path

import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings
from nbradiomics.study.file import load_study, read_study
from nbradiomics.study.study import Endpoint, Outcome
from tests.support.paths import ROOT


def write(folder: Path, text: str) -> Path:
    for name in ("cohort.csv", "clinical.csv"):
        (folder / name).touch()
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_study_of_a_cohort_alone_has_its_defaults(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "cohort: cohort.csv"))
    assert study.cohort == tmp_path / "cohort.csv"
    assert study.extract.params == "t2w_mr_anisotropic"
    assert study.lesions == "union"
    assert study.segment is None
    assert study.outcome is None


def test_the_defaults_of_outcome_models_are_those_of_the_library() -> None:
    section = Outcome(clinical="c.csv", endpoints=[Endpoint(name="os", time="t", event="e")])
    library = OutcomeSettings().model_dump()
    shared = set(library) & set(Outcome.model_fields)
    assert shared >= {"folds", "repeats", "penalizer", "covariate_penalizer", "correlation", "bootstraps"}
    assert section.model_dump(include=shared) == {name: library[name] for name in shared}


def test_paths_start_at_the_study_file_and_names_stay_names(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").touch()
    (tmp_path / "model").mkdir()
    text = "cohort: cohort.csv\nextract: {params: own.yaml}\nsegment: {model: model}\n"
    study = load_study(write(tmp_path, text))
    assert study.extract.params == str(tmp_path / "own.yaml")
    assert study.segment is not None
    assert study.segment.model == str(tmp_path / "model")
    named = load_study(write(tmp_path, "cohort: cohort.csv\nsegment: {model: synthetic-demo}\n"))
    assert named.segment is not None
    assert named.segment.model == "synthetic-demo"


def test_a_section_without_keys_is_warned_of(tmp_path: Path) -> None:
    study, problems = read_study(write(tmp_path, "cohort: cohort.csv\nperturbation:\n  # chain: RT\n"))
    assert study is not None
    assert study.perturbation is None
    ((line, column, severity),) = [(one.row, one.column, one.severity) for one in problems]
    assert (line, column, severity) == ("2", "perturbation", "warning")
    assert "{}" in problems[0].remedy
    given = load_study(write(tmp_path, "cohort: cohort.csv\nperturbation: {}\n"))
    assert given.perturbation is not None
    assert list(given.reproducibility.studies) == ["perturbation"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cohort: cohort.csv\nlesion: union\n", ["line 2", "unknown key 'lesion'", "lesions"]),
        ("cohort: cohort.csv\nlesions: all\n", ["line 2", "union", "all"]),
        ("name: x\n", ["cohort", "missing"]),
        ("cohort: nowhere.csv\n", ["line 1", "does not exist"]),
        ("cohort: [\n", ["YAML"]),
        ("- 1\n", ["does not contain keys with values"]),
        (
            "cohort: cohort.csv\nreproducibility: {threshold: 2}\n",
            ["line 2", "threshold", "less than or equal to 1"],
        ),
        (
            "cohort: cohort.csv\noutcome:\n  clinical: clinical.csv\n  endpoints:\n  - {name: a b}\n",
            ["line 5", "endpoints.0.name"],
        ),
        (
            "cohort: cohort.csv\noutcome:\n  clinical: clinical.csv\n  endpoints:\n  - {name: os, time: t}\n",
            ["line 5", "endpoints.0", "event missing: give time and event, or target"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        load_study(write(tmp_path, text))
    for part in parts:
        assert part in str(error.value)


def test_the_example_of_the_readme_is_a_valid_study(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = readme.split("```yaml")[1].split("```")[0]
    study = load_study(write(tmp_path, example))
    assert study.segment is not None
    assert study.segment.training_subjects == []


OUTCOME = "cohort: cohort.csv\noutcome: {{clinical: clinical.csv, {}}}\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("cohort: cohort.csv\nseed: 1\nseed: 2\n", "'seed' occurs twice"),
        (OUTCOME.format("endpoints: [{name: .., time: t, event: e}]"), "name"),
        (
            OUTCOME.format("endpoints: [{name: os, time: t, event: e}, {name: OS, time: u, event: e}]"),
            "each endpoint needs a different name",
        ),
        (OUTCOME.format("correlation: .inf, endpoints: [{name: os, time: t, event: e}]"), "finite"),
        (OUTCOME.format("penalizer: .inf, endpoints: [{name: os, time: t, event: e}]"), "0 or more"),
    ],
)
def test_what_yaml_would_let_pass_is_refused(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(InputError, match=part):
        load_study(write(tmp_path, text))


def test_another_encoding_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes("cohort: cohort.csv # \xb5m\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        load_study(path)


def test_paths_of_windows_are_found_where_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    cohort = tmp_path / "tables" / "cohort.csv"
    cohort.write_text("subject,image\ns,a.nii.gz\n")
    path = tmp_path / "study.yaml"
    path.write_text("cohort: tables\\cohort.csv\n")
    study, problems = read_study(path)
    assert study is not None
    assert (study.cohort, problems) == (cohort, [])
    path.write_text("cohort: other\\cohort.csv\n")
    _, (problem,) = read_study(path)
    assert "Write paths with /" in problem.remedy
