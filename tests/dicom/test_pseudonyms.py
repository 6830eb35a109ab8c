"""Pseudonyms are the same with the same key, and different with another one."""

import base64
import errno
import os
import stat
from pathlib import Path

import pytest

from nbradiomics.dicom.pseudonyms import Pseudonyms, load_pseudonyms
from nbradiomics.errors import InputError, StorageError


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = tmp_path / "safe" / "key"
    first, again = (load_pseudonyms(key, tmp_path / "out") for _ in range(2))
    assert first == again
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    other = load_pseudonyms(tmp_path / "other", tmp_path / "out")
    assert first.name("subject", "P1") != other.name("subject", "P1")


def test_a_pseudonym_depends_on_kind_and_identifier_but_not_on_spaces_around_it() -> None:
    names = Pseudonyms(b"k" * 32)
    assert names.name("subject", " P1 ") == names.name("subject", "P1")
    assert names.name("subject", "P1") != names.name("series", "P1") != names.name("series", "P2")
    assert "kkk" not in repr(names)


@pytest.mark.parametrize("inside", ["key", "deep/key"])
def test_a_key_in_the_output_folder_is_refused(inside: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in the output folder"):
        load_pseudonyms(tmp_path / inside, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("subject,image\n")
    with pytest.raises(InputError, match="is not a key file"):
        load_pseudonyms(tmp_path / "key", tmp_path / "out")


def test_what_should_be_known_about_a_key_file_is_told(tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "out"
    (note,) = load_pseudonyms(key, out).notes
    assert "A new key was made" in note
    assert load_pseudonyms(key, out).notes == ()
    key.chmod(0o644)
    (note,) = load_pseudonyms(key, out).notes
    assert "Other users of this machine can read the key file" in note
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    for text in ("0" * 64, "0123456" * 9 + "0"):
        (tmp_path / "key").write_text(text)
        with pytest.raises(InputError, match="can be guessed"):
            load_pseudonyms(tmp_path / "key", tmp_path / "out")


@pytest.mark.parametrize("links", [True, False])
def test_a_key_that_another_process_makes_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    key, other, link = tmp_path / "key", "0123456789abcdef" * 4, os.link

    def meanwhile(source: Path, target: Path) -> None:
        if not links:
            raise OSError(errno.EPERM, "no hard links")
        target.write_text(other)
        link(source, target)

    monkeypatch.setattr(os, "link", meanwhile)
    made = load_pseudonyms(key, tmp_path / "out")
    assert bytes.fromhex(key.read_text()) == made.key
    assert (made.key.hex() == other) == links
    assert bool(made.notes) != links or "Other users" in made.notes[0]
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_that_cannot_be_written_completely_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError):
        load_pseudonyms(tmp_path / "key", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_fingerprint_tells_keys_apart_and_is_no_part_of_them() -> None:
    keys = [bytes([number]) * 32 for number in range(50)]
    prints = {Pseudonyms(key).fingerprint for key in keys}
    assert len(prints) == len(keys)
    assert not any(one in base64.b32encode(key).decode().lower() for one in prints for key in keys)
