"""A folder of results knows whose they are, and no file of the user's is ever removed."""

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.files import owned_folder
from nbradiomics.files.owned_folder import MARK, Mark, Owner, claim, foreign_files, read_mark, remove_files

A = Owner("study", "A", "/a/study.yaml", "/a/cohort.csv", frozenset({"1", "2"}))
B = Owner("study", "B", "/b/study.yaml", "/b/cohort.csv", frozenset({"3"}))
OWN = ("report.html", "maps/s1_entropy.nii.gz", "cache/stage/key.json")


def is_own(path: PurePosixPath, _names: Collection[str]) -> bool:
    return str(path) in OWN


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def there(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {MARK}


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (A, True),
        (replace(A, name="renamed"), True),
        (replace(A, source="/moved/study.yaml", cohort="/moved/cohort.csv"), True),
        (replace(A, cohort="/a/cohort2.csv", content=frozenset({"2", "9"})), True),  # cases added
        (replace(A, content=frozenset({"7"})), True),  # every image exported again
        (replace(A, source="/other/study.yaml"), True),  # a copy of the study file
        (replace(A, kind="reader study"), False),
        (replace(A, name="other", source="/a/other.yaml"), False),  # another study of the same cohort
        (
            replace(A, cohort="/b/cohort.csv", content=frozenset({"3"})),
            False,
        ),  # another cohort, the same file
        (replace(A, source="/b/study.yaml", cohort="/b/cohort.csv", content=frozenset({"3"})), False),
        (B, False),
    ],
)
def test_a_study_is_known_again_when_renamed_moved_or_edited(tmp_path: Path, now: Owner, same: bool) -> None:
    claim(tmp_path, A, is_own, names=["s1"])
    write(tmp_path, *OWN)
    if same:
        claim(tmp_path, now, is_own)
    else:
        with pytest.raises(
            InputError, match=r"contains the results of the study 'A'.*was requested.*--replace"
        ):
            claim(tmp_path, now, is_own)
    assert there(tmp_path) == set(OWN)


def test_one_study_file_with_another_cohort_names_both_cohorts(tmp_path: Path) -> None:
    claim(tmp_path, A, is_own)
    write(tmp_path, *OWN)
    another = replace(A, cohort="/b/cohort.csv", content=frozenset({"3"}))
    with pytest.raises(
        InputError, match=r"with the cohort /a/cohort\.csv; .* with the cohort /b/cohort\.csv"
    ):
        claim(tmp_path, another, is_own)


def test_another_owner_that_may_replace_leaves_nothing_stale(tmp_path: Path) -> None:
    claim(tmp_path, A, is_own, names=["s1"])
    write(tmp_path, *OWN, f"maps/.{'0' * 32}-s2.nii.gz", ".DS_Store", "maps/Thumbs.db")
    claim(tmp_path, B, is_own, names=["s7"], replacing=True)
    assert there(tmp_path) == {".DS_Store", "maps/Thumbs.db"}
    assert read_mark(tmp_path) == Mark(B, frozenset({"s7"}))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "mine", ["notes.txt", "maps/s1_corrected.nii.gz", "cache/thesis.docx", "photos/1.jpg"]
)
def test_a_file_of_the_user_s_is_named_and_stops_a_replacement(tmp_path: Path, mine: str) -> None:
    claim(tmp_path, A, is_own)
    write(tmp_path, *OWN, mine)
    with pytest.raises(InputError, match=mine):
        claim(tmp_path, B, is_own, replacing=True)
    assert there(tmp_path) == {*OWN, mine}
    claim(tmp_path, A, is_own)  # the same study goes on, and leaves it alone
    assert (tmp_path / mine).read_text(encoding="utf-8") == mine


@given(
    st.sets(
        st.sampled_from(["a.nii.gz", "cohort.csv", "report.html", "sub/deep/x.txt", "cache/k", "maps/m"]),
        min_size=1,
    )
)
def test_a_folder_with_any_other_file_is_refused(names: set[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, *names)
        for replacing in (False, True):
            with pytest.raises(InputError, match="not the folder of an earlier run") as stop:
                claim(folder, A, is_own, replacing=replacing)
            assert any(found in str(stop.value) for found in names)
        assert there(folder) == names
        assert not (folder / MARK).exists()


def test_what_systems_leave_is_not_in_the_way(tmp_path: Path) -> None:
    write(tmp_path, ".DS_Store", "Thumbs.db", "desktop.ini", "._a", ".gitkeep", "nbradiomics-error.log")
    (tmp_path / "empty").mkdir()
    claim(tmp_path, A, is_own)
    assert read_mark(tmp_path) == Mark(A)


def test_a_kill_in_the_middle_of_a_replacement_leaves_no_mixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(tmp_path, A, is_own)
    write(tmp_path, *OWN)
    unlink = Path.unlink

    class Killed(BaseException):
        pass

    def kill(path: Path, missing_ok: bool = False) -> None:
        if path.name == "report.html":
            raise Killed
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", kill)
        with pytest.raises(Killed):
            claim(tmp_path, B, is_own, replacing=True)
    assert "report.html" in there(tmp_path)
    # Even the study whose results they were gets no half of them, and nobody is asked again.
    claim(tmp_path, A, is_own)
    assert there(tmp_path) == set()
    assert read_mark(tmp_path) == Mark(A)


def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", json.dumps({"owner": {"kind": "x"}, "names": [], "removing": False})):
        (tmp_path / MARK).write_text(text)
        assert read_mark(tmp_path) is None


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "s1_entropy.nii.gz")
    folder = tmp_path / "folder"
    claim(folder, A, is_own)
    (folder / "maps").symlink_to(outside)
    remove_files(folder, lambda _path: False)
    assert list(foreign_files(folder)) == ["maps"]
    with pytest.raises(InputError, match="maps"):
        claim(folder, B, is_own, replacing=True)
    assert there(outside) == {"s1_entropy.nii.gz"}


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    write(tmp_path, "results")
    with pytest.raises(InputError, match="is a file"):
        claim(tmp_path / "results", A, is_own)


def test_a_large_folder_is_not_searched_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, *(f"{number:02d}/file" for number in range(30)))
    seen: list[str] = []
    walk = owned_folder.os.walk

    def counted(*arguments: object, **options: object):
        for step in walk(*arguments, **options):
            seen.append(step[0])
            yield step

    monkeypatch.setattr(owned_folder.os, "walk", counted)
    with pytest.raises(InputError, match=r"00/file.*\.\.\."):
        claim(tmp_path, A, is_own)
    assert len(seen) < 10


def test_a_command_that_was_refused_leaves_the_folder_free(tmp_path: Path) -> None:
    claim(tmp_path, A, is_own)
    claim(tmp_path, B, is_own)
    mark = read_mark(tmp_path)
    assert mark is not None
    assert mark.owner == B
    write(tmp_path, "report.html")
    with pytest.raises(InputError, match="contains the results of"):
        claim(tmp_path, A, is_own)
