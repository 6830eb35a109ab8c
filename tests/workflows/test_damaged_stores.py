"""Damage to anything that a run has stored: the next one gives the tables of a clean one, and says so."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.agreement.consensus_cohort import compare_with_consensus
from nbradiomics.cohort import load_cohort
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.parameters import load_parameters
from nbradiomics.segmentation.cohort import segment_cohort
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.study.checks import check_images
from nbradiomics.study.checks.problem_table import problem_table
from tests.support.damage import damages, flipped
from tests.support.helpers import call, two_readers
from tests.support.random_model import make_model

KINDS = ("check", "segment", "compare", "consensus", "extract", "together", "masks", "maps")


@dataclass(frozen=True)
class Study:
    """What a study stores, without the report."""

    folder: Path
    model: Model
    together: Path

    def run(self) -> tuple[dict[str, str], list[str]]:
        """All tables, and what must be said of the stored results."""
        stored, own = Workspace(self.folder / "cache"), Workspace(self.folder / "together")
        cohort = load_cohort(self.folder / "cohort.csv")
        alone = load_parameters(self.folder / "params.yaml")
        problems = check_images(
            cohort.table, cohort.path, parameters=alone, execution=Execution(workspace=stored)
        )
        places = {"masks": self.folder / "masks", "maps": self.folder / "maps"}
        segmented = segment_cohort(cohort, model=self.model, workspace=stored, threads=1, **places)
        cohort = segmented.cohort
        found = {
            "check": problem_table(problems),
            "segment": segmented.table,
            "compare": compare_cohort(cohort, workspace=stored).table,
            "consensus": compare_with_consensus(
                cohort, ["staple"], lesions="union", execution=Execution(workspace=stored)
            ).table,
            "extract": extract_cohort(
                cohort, params=str(self.folder / "params.yaml"), workspace=stored
            ).table,
            "together": extract_cohort(cohort, params=str(self.together), workspace=own).table,
        }
        images = {path.name: path.read_bytes().hex() for path in self.folder.glob("ma*/*.nii.gz")}
        return {name: table.to_csv() for name, table in found.items()} | images, [
            *stored.notes(),
            *own.notes(),
        ]

    def stored(self) -> list[Path]:
        """Everything from which a later run takes results."""
        files = [path for kind in ("json", "nii.gz") for path in self.folder.rglob(f"*.{kind}")]
        return sorted(path for path in files if self.kind(path) in KINDS)

    def kind(self, path: Path) -> str:
        parts = path.relative_to(self.folder).parts
        return parts[1] if parts[0] == "cache" else parts[0]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, dict[str, str]]:
    """A study that was run once, and its tables and images."""
    folder = tmp_path_factory.mktemp("study")
    two_readers(folder, 2)
    params = "featureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n"
    (folder / "params.yaml").write_text(params)
    together = folder / "together.yaml"
    together.write_text(
        f"{params}setting: {{resampledPixelSpacing: [1, 1, 1]}}\nnbradiomics: {{crop: union}}\n"
    )
    model = load_model(make_model(tmp_path_factory.mktemp("models") / "model", folds=2))
    study = Study(folder, model, together)
    tables, notes = study.run()
    assert notes == []
    return study, tables


def test_every_kind_of_stored_file_is_there_and_sound(clean: tuple[Study, dict[str, str]]) -> None:
    study, expected = clean
    assert {study.kind(path) for path in study.stored()} == set(KINDS)
    assert study.run() == (expected, [])


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_any_stored_file_heals_with_a_note(
    clean: tuple[Study, dict[str, str]], data: st.DataObject
) -> None:
    study, expected = clean
    file = data.draw(st.sampled_from(study.stored()))
    file.write_bytes(data.draw(damages(file.read_bytes())))
    tables, (note,) = study.run()
    assert tables == expected
    assert "computed again" in note.lower()
    assert "1 stored result in" in note


@pytest.mark.exhaustive
@settings(max_examples=1_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_much_damage_at_once_heals(clean: tuple[Study, dict[str, str]], data: st.DataObject) -> None:
    study, expected = clean
    for file in data.draw(st.lists(st.sampled_from(study.stored()), min_size=1, max_size=5, unique=True)):
        file.write_bytes(data.draw(damages(file.read_bytes())))
    tables, notes = study.run()
    assert tables == expected
    assert notes


@pytest.mark.parametrize(
    ("kind", "what"),
    [(kind, what) for kind in KINDS for what in ("flipped", "swapped", "gone", "a pipe")]
    # A folder in the place of a mask is the user's: no command writes over it.
    + [(kind, "a folder") for kind in KINDS if kind not in ("masks", "maps")],
)
def test_each_kind_heals_with_a_note(clean: tuple[Study, dict[str, str]], kind: str, what: str) -> None:
    study, expected = clean
    first, second = [path for path in study.stored() if study.kind(path) == kind][:2]
    images = kind in ("masks", "maps")
    if what == "flipped":
        content = first.read_bytes()
        first.write_bytes(flipped(content, 4 * len(content)))
    elif what == "swapped":
        shutil.copyfile(second, first)
    else:
        first.unlink()
        if what == "a pipe":
            os.mkfifo(first)
        elif what == "a folder":
            first.mkdir()
    tables, notes = study.run()
    assert tables == expected
    if what == "gone" and not images:
        assert notes == []  # nothing lies there that could be damaged
    else:
        (note,) = notes
        assert ("masks or maps were changed or are missing" in note) is images


@pytest.mark.slow
def test_a_study_says_on_the_terminal_what_it_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path, 2)
    (tmp_path / "params.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    (tmp_path / "study.yaml").write_text("name: s\ncohort: cohort.csv\nextract: {params: params.yaml}\n")
    run = ("run", tmp_path / "study.yaml", "--out", tmp_path / "out", "--jobs", 1)
    assert call(*run) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.csv")}
    capsys.readouterr()
    for stage in ("check", "compare", "extract"):
        file = next((tmp_path / "out" / "cache" / stage).iterdir())
        file.write_bytes(file.read_bytes()[:-9])
    assert call(*run) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "Note: Found damaged and computed again: 3 stored results in " in said
    assert "(check 1, compare 1, extract 1)" in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.csv")} == before
