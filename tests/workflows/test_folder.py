"""Which files a run writes, what becomes of an earlier run's, and folders of earlier releases."""

import json
import re
from pathlib import Path, PurePosixPath

import pandas as pd
import pytest

from nbradiomics.cli.folders import claim_outcome, claim_segmentation
from nbradiomics.clinical import Endpoint
from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.files.owned_folder import MARK, Mark, Owner, read_mark
from nbradiomics.segmentation.cohort import scan_stems
from nbradiomics.synthetic.cohort import GENERATOR
from nbradiomics.workflows.demo import run_demo
from nbradiomics.workflows.earlier_folder import earlier_mark
from nbradiomics.workflows.folder import RunFolder, is_run_file
from nbradiomics.workflows.run_evidence import result_files
from tests.support.helpers import call, two_readers, write_cohort

STUDY = Owner("study", "Mine", "/mine/study.yaml", "/mine/cohort.csv", frozenset({"1"}))
OTHER = Owner("study", "Other", "/other/study.yaml", "/other/cohort.csv", frozenset({"2"}))
STEMS = ["s1_baseline_T2w", "s2_baseline_T2w"]


def images(stem: str) -> list[str]:
    maps = [f"maps/{stem}_{kind}.nii.gz" for kind in ("probability", "entropy", "fold_0", "fold_4")]
    return [f"masks/auto/{stem}.nii.gz", *maps, f"distance_maps/{stem}_A.nii.gz"]


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MARK}


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "cohort_v2.csv",
        "masks/auto/s1_baseline_T2w_corrected.nii.gz",
        "masks/auto/s9_baseline_T2w.nii.gz",
        "masks/radiologist/s1_baseline_T2w.nii.gz",
        "maps/mine.nii.gz",
        "outcome/thesis.csv",
        "outcome/os/my_performance.csv",
        "outcome/os/validation/performance.csv",
        "outcome/os/validation/north/notes.csv",
        "outcome/os/mine/north/performance.csv",
        "readers/summary.xlsx",
        "cache/mine.json",
        "input/images/P001.nii.gz",
        "reproducibility/notes.csv",
        "perturbation/cohort.csv",
        "processing/grid.yaml",
    ],
)
def test_what_a_user_may_have_put_there_is_no_file_of_a_run(name: str) -> None:
    assert not is_run_file(PurePosixPath(name), STEMS)


def test_a_subject_that_was_removed_leaves_nothing(tmp_path: Path) -> None:
    RunFolder.open(tmp_path, STUDY, stems=STEMS, segments=True)
    key = f"cache/segment/{'a' * 64}.json"
    mine = ["notes.txt", "masks/auto/s2_baseline_T2w_corrected.nii.gz", "outcome/os/notes.txt"]
    write(
        tmp_path,
        *images(STEMS[0]),
        *images(STEMS[1]),
        "report.html",
        "outcome/os/performance.csv",
        key,
        *mine,
    )
    RunFolder.open(tmp_path, STUDY, stems=STEMS[:1], segments=True)
    kept = {name for name in images(STEMS[0]) if not name.startswith("distance_maps")}
    assert there(tmp_path) == {*kept, key, *mine}
    assert read_mark(tmp_path).names == frozenset(STEMS[:1])


def test_a_study_that_no_longer_segments_leaves_no_masks_of_the_model(tmp_path: Path) -> None:
    RunFolder.open(tmp_path, STUDY, stems=STEMS, segments=True)
    write(tmp_path, *images(STEMS[0]), "masks/majority/s1_baseline_T2w.nii.gz")
    RunFolder.open(tmp_path, STUDY, stems=STEMS)
    assert there(tmp_path) == set()


def test_checklists_stay_until_another_study_replaces_them(tmp_path: Path) -> None:
    names = ["checklists/metrics.csv", "checklists/metrics.html", "checklists/tripod-ai.csv"]
    RunFolder.open(tmp_path, STUDY, stems=STEMS)
    write(tmp_path, *names, "checklists/mine.csv", "provenance.json")
    RunFolder.open(tmp_path, STUDY, stems=STEMS)
    assert there(tmp_path) == {*names, "checklists/mine.csv"}
    assert result_files(tmp_path) == []  # they are made from the evidence, and no part of it


def test_another_study_replaces_all_of_it_or_nothing(tmp_path: Path) -> None:
    RunFolder.open(tmp_path, STUDY, stems=STEMS, segments=True)
    all_of_it = {*images(STEMS[0]), *images(STEMS[1]), "report.html", f"cache/extract/{'b' * 64}.json"}
    write(tmp_path, *all_of_it)
    with pytest.raises(InputError, match=r"the study 'Mine' \(/mine/study.yaml\); the study 'Other'"):
        RunFolder.open(tmp_path, OTHER, stems=["s1_baseline_T2w"], segments=True)
    assert there(tmp_path) == all_of_it
    RunFolder.open(tmp_path, OTHER, stems=["s1_baseline_T2w"], segments=True, replacing=True)
    assert there(tmp_path) == set()


def test_a_run_does_not_read_what_lies_in_its_own_folder(tmp_path: Path) -> None:
    RunFolder.open(tmp_path, STUDY, stems=STEMS)
    write(tmp_path, "cohort.csv", "masks/auto/s1_baseline_T2w.nii.gz")
    for replacing in (False, True):
        with pytest.raises(InputError, match=r"cohort\.csv is an input of this run"):
            RunFolder.open(tmp_path, STUDY, stems=[], inputs=[tmp_path / "cohort.csv"], replacing=replacing)
    assert there(tmp_path) == {"cohort.csv", "masks/auto/s1_baseline_T2w.nii.gz"}


def earlier_run(folder: Path, **provenance: object) -> None:
    """What release 0.3.0 left of a run: an empty mark in the cache, and the provenance."""
    write(folder, "cache/nbradiomics-run", "report.html", *images(STEMS[0]))
    rows = [{"subject": "s1", "timepoint": "baseline", "sequence": "T2w", "reader": name} for name in "AB"]
    pd.DataFrame(rows).to_csv(folder / "cohort.csv", index=False)
    (folder / "provenance.json").write_text(json.dumps(provenance))


def test_a_run_folder_of_an_earlier_release_goes_on_with_its_study(tmp_path: Path) -> None:
    root = tmp_path / "results"
    study = {"name": "Mine", "cohort": "/mine/cohort.csv"}
    earlier_run(root, study=study, inputs={"../mine/study.yaml": "0", "../mine/s1.nii.gz": "1"})
    mark = earlier_mark(root)
    assert mark.owner == Owner(
        "study", "Mine", str(tmp_path / "mine/study.yaml"), "/mine/cohort.csv", frozenset({"0", "1"})
    )
    assert mark.names == frozenset(STEMS[:1])
    with pytest.raises(InputError, match="'Mine'"):
        RunFolder.open(root, OTHER, stems=STEMS)
    RunFolder.open(root, STUDY, stems=STEMS, segments=True)
    assert "masks/auto/s1_baseline_T2w.nii.gz" in there(root)
    RunFolder.open(root, OTHER, stems=STEMS, replacing=True)
    assert there(root) == set()


def test_a_reader_study_of_an_earlier_release_is_known_too(tmp_path: Path) -> None:
    root = tmp_path / "results"
    earlier_run(root, readers={"clinical": None}, inputs={"../cohort.csv": "0", "../s1.nii.gz": "1"})
    table = str(tmp_path / "cohort.csv")
    assert earlier_mark(root).owner == Owner(
        "reader study", "cohort.csv", table, table, frozenset({"0", "1"})
    )
    with pytest.raises(InputError, match=r"reader study 'cohort\.csv'"):
        RunFolder.open(root, STUDY, stems=STEMS)


def test_an_unfinished_run_of_an_earlier_release_is_replaced_only_when_asked(tmp_path: Path) -> None:
    earlier_run(tmp_path)
    (tmp_path / "provenance.json").unlink()
    with pytest.raises(InputError, match="unfinished run of an earlier release"):
        RunFolder.open(tmp_path, STUDY, stems=STEMS)
    RunFolder.open(tmp_path, STUDY, stems=STEMS, replacing=True)
    assert there(tmp_path) == set()


def test_a_demo_asks_before_it_makes_anything(tmp_path: Path) -> None:
    RunFolder.open(tmp_path, STUDY, stems=STEMS)
    write(tmp_path, "report.html")
    with pytest.raises(InputError, match=r"'Mine'.*'Synthetic demo' .*was requested"):
        run_demo(tmp_path, subjects=2)
    write(tmp_path, "photos/a.jpg")
    with pytest.raises(InputError, match="not the folder of an earlier run"):
        run_demo(tmp_path / "photos", subjects=2)
    assert there(tmp_path) == {"report.html", "photos/a.jpg"}


def test_a_demo_of_another_seed_replaces_all_of_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(folder: Path, *, seed: int, **_: object) -> None:
        made = {"made_by": "nbradiomics.synthetic", "generator": GENERATOR, "seed": seed}
        write(folder, "cohort.csv", "images/S001.nii.gz", "masks/A/S001.nii.gz")
        (folder / "truth.json").write_text(json.dumps(made))

    def run(study: Path, out: Path, **_: object) -> None:
        write(out, "report.html", *images("S001_baseline_T2w"))

    monkeypatch.setattr("nbradiomics.workflows.demo.make_cohort", make)
    monkeypatch.setattr("nbradiomics.workflows.demo.run", run)
    run_demo(tmp_path, seed=0)
    Mark(read_mark(tmp_path).owner, frozenset({"S001_baseline_T2w"})).write(tmp_path)
    write(tmp_path, "input/images/S002.nii.gz", "report.html")
    before = there(tmp_path)
    run_demo(tmp_path, seed=0, replace=True)  # the same demo goes on
    assert there(tmp_path) == before
    run_demo(tmp_path, seed=1, replace=True)
    assert "input/images/S002.nii.gz" not in there(tmp_path)
    assert json.loads((tmp_path / "input/truth.json").read_text(encoding="utf-8"))["seed"] == 1


def test_masks_of_another_cohort_are_not_mixed_with_those_there(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for number, folder in enumerate((one, other)):
        folder.mkdir()
        two_readers(folder, 2)
        (folder / "s0.nii.gz").write_bytes(b"%d" % number)
        (folder / "s1.nii.gz").write_bytes(b"image %d" % number)
    first = load_cohort(one / "cohort.csv")
    masks, maps = tmp_path / "auto_masks", tmp_path / "auto_maps"
    claim_segmentation(first, masks, maps, replacing=False)
    stems = scan_stems(first)
    write(tmp_path, f"auto_masks/{stems[0]}.nii.gz", f"auto_masks/{stems[1]}.nii.gz")
    write(tmp_path, f"auto_maps/{stems[1]}_entropy.nii.gz", "auto_masks/mine.nii.gz")
    (other / "cohort.csv").rename(other / "cohort_b.csv")
    with pytest.raises(InputError, match=r"segmentation 'cohort\.csv'"):
        claim_segmentation(load_cohort(other / "cohort_b.csv"), masks, maps, replacing=False)
    # The same cohort with a subject less: what was made of it goes, and nothing else.
    write_cohort(one, ["s0,s0.nii.gz,A,s0_A.nii.gz"])
    claim_segmentation(load_cohort(one / "cohort.csv"), masks, maps, replacing=False)
    assert there(masks) == {f"{stems[0]}.nii.gz", "mine.nii.gz"}
    assert there(maps) == set()


OS, EFS = (Endpoint(time=time, event="dead") for time in ("os", "efs"))


def test_outcome_models_of_another_endpoint_or_table_are_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tmp_path, "features.csv", "clinical.csv", "other.csv")
    features, clinical = tmp_path / "features.csv", tmp_path / "clinical.csv"
    files = {"files": (features, clinical)}
    claim_outcome(out, **files, endpoint=OS, replacing=False)
    write(out, "performance.csv", "summary.json")
    claim_outcome(out, **files, endpoint=OS, replacing=False)
    for changed in ({"endpoint": EFS}, {"files": (tmp_path / "other.csv", clinical)}):
        asked = {**files, "endpoint": OS, **changed}
        with pytest.raises(InputError, match="outcome of os and dead"):
            claim_outcome(out, **asked, replacing=False)
        assert there(out) == {"performance.csv", "summary.json"}
    claim_outcome(out, **files, endpoint=EFS, replacing=True)
    assert there(out) == set()


def test_commands_do_not_write_into_a_folder_of_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = two_readers(tmp_path, 3)
    write(tmp_path, "study.yaml")
    (tmp_path / "study.yaml").write_text("cohort: cohort.csv\n")
    pd.DataFrame({"subject": ["s0"], "days": [1], "died": [1]}).to_csv(tmp_path / "clinical.csv", index=False)
    pd.DataFrame({"subject": ["s0"], "size": [1.5]}).to_csv(tmp_path / "features.csv", index=False)
    before = there(tmp_path)
    outcome = (
        "outcome",
        tmp_path / "features.csv",
        tmp_path / "clinical.csv",
        "--time",
        "days",
        "--event",
        "died",
    )
    for command in (
        ("run", tmp_path / "study.yaml"),
        ("readers", cohort),
        ("demo", "--subjects", 2),
        (*outcome, "--time", "days", "--event", "died"),
        ("train", cohort, "--reader", "A", "--preset", "small"),
        ("maps", tmp_path / "s0.nii.gz", tmp_path / "s0_A.nii.gz", "--params", "t2w_mr_1mm"),
    ):
        for extra in ((), ("--replace",)) if command[0] not in ("train", "maps") else ((),):
            assert call(*command, "--out", tmp_path, *extra) == 1
            assert re.search("(Choose|Name) a (new|folder)", capsys.readouterr().err)
    assert there(tmp_path) == before
