"""What keeps persons apart and unnamed: keys, collisions, texts in pixels, errors of every kind."""

from __future__ import annotations

import json
import logging
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.dicom import pseudonyms as pseudonyms_module
from nbradiomics.dicom.ingest import cohort as ingest_module, conversion, known_names
from nbradiomics.dicom.ingest.cohort import Ingested, ingest
from nbradiomics.dicom.ingest.known_names import kernel_name, model_name, vendor_name
from nbradiomics.dicom.ingest.rules import IngestRules
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.plans import plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.errors import InputError
from nbradiomics.execution.error_log import ERROR_LOG
from nbradiomics.execution.execution import Execution
from tests.support.dicom_series import make_structure_set, write, write_series
from tests.support.helpers import call

PERSON = "SMITHVK"


def run(folder: Path, key: str = "key", rules: IngestRules | None = None, **options: Any) -> Ingested:
    return ingest(folder / PERSON, out=folder / "out", key=folder / key, rules=rules, **options)


def written(folder: Path) -> str:
    return "".join(f"{path} {path.read_bytes()!r}" for path in sorted(folder.rglob("*")) if path.is_file())


def test_two_keys_never_mix_in_a_folder(tmp_path: Path) -> None:
    write_series(tmp_path / PERSON)
    first = run(tmp_path)
    assert "A new key was made" in first.notes[0]
    before = written(tmp_path / "out")
    (tmp_path / "key").rename(tmp_path / "kept")
    with pytest.raises(InputError, match="There is no key file"):
        run(tmp_path)
    assert not (tmp_path / "key").exists()
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match="was made with another key"):
        run(tmp_path)
    assert written(tmp_path / "out") == before
    other = run(tmp_path, replacing=True)
    assert set(other.acquisition["subject"]).isdisjoint(first.acquisition["subject"])
    assert not any(str(one) in written(tmp_path / "out") for one in first.acquisition["subject"])
    assert other.notes == ()


def test_the_mark_of_the_output_tells_neither_the_key_nor_the_folder(tmp_path: Path) -> None:
    write_series(tmp_path / PERSON)
    run(tmp_path)
    mark = (tmp_path / "out" / ".nbradiomics").read_text()
    assert PERSON not in mark
    assert str(tmp_path) not in mark
    assert (tmp_path / "key").read_text().strip() not in written(tmp_path / "out")
    assert re.fullmatch("[a-z2-7]{12}", json.loads(mark)["owner"]["source"])


@pytest.mark.parametrize("what", ["patients", "series", "sites", "models"])
def test_two_of_one_pseudonym_are_refused(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        texts = {"InstitutionName": f"Site {number}", "ManufacturerModelName": f"Thing {number}"}
        write_series(tmp_path / PERSON, f"T2 {number}", slices=2, patient=f"P{number}", **texts)
    short = {"patients": "subject", "series": "series", "sites": "site", "models": "model"}[what]
    whole = Pseudonyms.name

    def name(self: Pseudonyms, kind: str, identifier: str) -> str:
        return "a" * 12 if kind == short else whole(self, kind, identifier)

    monkeypatch.setattr(pseudonyms_module.Pseudonyms, "name", name)
    with pytest.raises(InputError, match=f"Two {what} of the folder would have the same pseudonym"):
        run(tmp_path)
    assert not (tmp_path / "out" / "cohort.csv").exists()


def test_known_names_may_be_shared(tmp_path: Path) -> None:
    for number, vendor in enumerate(("SIEMENS", "Siemens Healthineers")):
        write_series(tmp_path / PERSON, patient=f"P{number}", slices=2, Manufacturer=vendor)
    assert set(run(tmp_path).acquisition["vendor"]) == {"Siemens"}


@pytest.mark.parametrize("slices", [[0], [2], [0, 1, 2]])
def test_texts_in_the_pixels_are_a_failure_unless_the_rules_allow_them(
    slices: list[int], tmp_path: Path
) -> None:
    def burn(data: Any, number: int) -> None:
        data.BurnedInAnnotation = "YES" if number in slices else "NO"

    write_series(tmp_path / PERSON, slices=3, change=burn)
    write_series(tmp_path / PERSON, "other", slices=3, BurnedInAnnotation="NO")
    done = run(tmp_path)
    assert len(done.acquisition) == 1
    (failure,) = done.failures
    assert "burned into the pixels" in failure.cause
    assert len(run(tmp_path, rules=IngestRules(burned_in=True)).acquisition) == 2


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (kernel_name, "B_SMITH_C"),
        (kernel_name, "H_JONES_A"),
        (kernel_name, "B30f Smith"),
        (kernel_name, "SOFT\\Smith"),
        (model_name, "Aera Smith"),
        (model_name, "Smith Aera"),
        (model_name, "Aera\\Smith"),
        (vendor_name, "Smith Imaging"),
    ],
)
def test_a_name_beside_a_known_one_is_not_written(make: Any, text: str) -> None:
    name = make(text, {}, Pseudonyms(b"k" * 32))
    assert not re.search("smith|jones", name, re.IGNORECASE)
    assert re.fullmatch(rf"\w+-[a-z2-7]{{{known_names._SHORT}}}", name)


@pytest.mark.parametrize(
    "text", ["B_SOFT_B", "B_VSHARP_C", "L_LUNG_A", "B30f", "Br36d\\3", "FC08", "STANDARD"]
)
def test_usual_kernels_keep_their_name(text: str) -> None:
    assert kernel_name(text, {}, Pseudonyms(b"k" * 32)) == text


def test_stored_results_do_not_hold_the_hash_of_a_file(tmp_path: Path) -> None:
    images = write_series(tmp_path / PERSON)
    write(make_structure_set(images), tmp_path / PERSON / "masks")
    done = run(tmp_path)
    assert len(done.masks) == 1
    digests = [one.digest for one in read_tree(tmp_path / PERSON, skip=None, execution=Execution()).instances]
    assert len(digests) == 6
    assert not any(digest in written(tmp_path / "out") for digest in digests)


def test_records_show_nothing_of_a_patient_when_they_are_logged(tmp_path: Path) -> None:
    write_series(tmp_path / PERSON, PERSON, patient=PERSON)
    instances = read_tree(tmp_path / PERSON, skip=None, execution=Execution()).instances
    (plan,) = plans_of(instances, lambda _one, _other: True)
    job = conversion.Conversion(plan, "a", tmp_path, tuple(instances), IngestRules().masks, Pseudonyms(b"k"))
    for shown in map(repr, (instances, instances[0].header, plan, plan.sources, job)):
        assert not re.search(f"{PERSON}|Doe|20100102|20200301", shown.replace(str(tmp_path), ""))


@pytest.mark.parametrize("place", ["read_tree", "sort_series", "conversions", "unused_objects"])
@pytest.mark.parametrize("kind", [ValueError, KeyError, RecursionError, RuntimeError])
def test_a_command_that_breaks_says_nothing_of_the_files(
    place: str,
    kind: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    write_series(tmp_path / PERSON, PERSON, patient=PERSON)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("sys.argv", ["nbradiomics", "ingest", f"../{PERSON}", "--out", "out"])

    def broken(*_: object, **__: object) -> None:
        try:
            raise LookupError(PERSON)
        except LookupError as error:
            error.add_note(PERSON)
            raise kind(PERSON) from error

    monkeypatch.setattr(ingest_module, place, broken)
    assert call("ingest", tmp_path / PERSON, "--out", "out", "--key", tmp_path / "key", "--jobs", 1) == 1
    log = (tmp_path / "here" / ERROR_LOG).read_text()
    assert "in broken" in log
    shown = "".join(capfd.readouterr()) + caplog.text
    assert kind.__name__ in shown
    assert PERSON not in shown + written(tmp_path / "here")


def test_a_file_that_vanishes_or_cannot_be_read_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_series(tmp_path / PERSON / PERSON, PERSON)

    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", str(files[0]))

    monkeypatch.setattr(ingest_module, "sort_series", gone)
    with pytest.raises(InputError) as told:
        run(tmp_path)
    assert PERSON not in "".join(traceback.format_exception_only(told.value))
    assert "No such file or directory" in told.value.problem


def test_a_message_about_a_file_of_masks_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = write_series(tmp_path / PERSON / "a")
    write(make_structure_set(images), tmp_path / PERSON / PERSON / f"{PERSON} masks")

    def refused(_volume: object, paths: list[Path], *_: object) -> None:
        raise InputError(f"{paths[0]} is not a regular file.", "Look at it.")

    monkeypatch.setattr(conversion, "masks_of", refused)
    done = run(tmp_path)
    assert [failure.cause for failure in done.failures][:1] == ["a file of the series cannot be read."]
    assert PERSON not in written(tmp_path / "out").replace(str(tmp_path), "")


def test_ctrl_c_leaves_nothing_that_names_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        write_series(tmp_path / PERSON, PERSON, patient=f"{PERSON}{number}")
    made = conversion.make_volume

    def stopped(plan: Any) -> Any:
        if (tmp_path / "here" / "out" / "images").exists():
            raise KeyboardInterrupt(PERSON)
        return made(plan)

    monkeypatch.setattr(conversion, "make_volume", stopped)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert call("ingest", tmp_path / PERSON, "--out", "out", "--key", tmp_path / "key", "--jobs", 1) == 130
    assert PERSON not in "".join(capfd.readouterr())
    assert (tmp_path / "here" / "out" / "images").exists()
    assert PERSON not in written(tmp_path / "here").replace(str(tmp_path), "")
