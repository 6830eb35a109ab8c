"""Pseudonyms are the same with the same key, and different with another one."""

import stat
from pathlib import Path

import pytest

from nbradiomics.dicom.pseudonyms import Pseudonyms, load_pseudonyms
from nbradiomics.errors import InputError


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
