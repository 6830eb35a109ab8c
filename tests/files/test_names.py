"""File names: legal, bounded, and never one for two things."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole, write_text
from nbradiomics.files.names import absolute_path, file_stems, is_device, require_readable_name, require_room

LONGEST_ENDING = "_probability.nii.gz"


def test_plain_words_are_joined() -> None:
    assert file_stems([("S001", "baseline", "T2w")]) == ["S001_baseline_T2w"]


def test_names_that_would_be_one_get_a_number() -> None:
    assert file_stems([("a_b", "c"), ("a", "b_c"), ("A", "B_C")]) == ["a_b_c", "a_b_c_2", "A_B_C_3"]


words = st.text() | st.text(st.sampled_from("aA.b ÅåßÄ漢😀\u212b\u030a\uac00\u1100\u1161"), max_size=400)


@given(st.lists(st.tuples(words, words), max_size=6))
@example([("x" * 400, "a"), ("x" * 400, "b"), ("x" * 400, "a")])
@example([("\u1100\u1161", ""), ("\uac00", "")])
@example([("a", ""), ("a", ""), ("a_2", "")])
def test_names_are_legal_and_all_differ(parts: list[tuple[str, str]]) -> None:
    stems = file_stems(parts)
    alike = {unicodedata.normalize("NFD", unicodedata.normalize("NFC", stem).casefold()) for stem in stems}
    assert len(alike) == len(parts)
    assert all(stem and not set(stem) & set('/\\:*?"<>|\n') and stem not in (".", "..") for stem in stems)
    for stem in stems:
        assert len(f"auto_vs_readers_{stem}{LONGEST_ENDING}".encode()) <= 255
        assert not is_device(stem)
        assert stem == stem.strip(". ")


@given(st.text(st.characters(categories=["L", "N"], codec="ascii"), min_size=1, max_size=214))
def test_a_name_that_was_fine_stays_as_it_is(name: str) -> None:
    assert file_stems([(name,)]) == [name] or is_device(name)


def test_the_hash_tells_long_names_apart_and_depends_on_nothing_else() -> None:
    one, two = file_stems([("x" * 300 + "a",), ("x" * 300 + "b",)])
    assert one != two
    assert file_stems([("x" * 300 + "b",), ("x" * 300 + "a",)]) == [two, one]
    assert one.startswith("x" * 100)
    (emoji,) = file_stems([("é" * 150,)])
    assert len(emoji.encode()) <= 214


def test_many_equal_names_are_counted_once_each() -> None:
    stems = file_stems([("a",)] * 20_000)
    assert stems[-1] == "a_20000"
    assert len(set(stems)) == 20_000


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "LPT9", "aux.txt", "con .x", "COM²"])
def test_devices_of_windows_are_no_names(name: str) -> None:
    assert is_device(name)
    assert not is_device(file_stems([(name,)])[0])
    assert file_stems([("CON", "baseline")]) == ["CON_baseline"]


@pytest.mark.parametrize("name", ["r" * 251 + ".csv", "漢" * 83 + ".nrrd", "😀" * 62 + ".nii.gz"])
def test_a_file_of_the_longest_name_is_written_whole(name: str, tmp_path: Path) -> None:
    with whole(tmp_path / name) as temporary:
        assert temporary.name.endswith(name[-7:])
        temporary.touch()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_without_room_for_others_is_refused(tmp_path: Path) -> None:
    require_room(tmp_path / ("r" * 200 + ".csv"), ".failures.csv")
    with pytest.raises(InputError, match="254 bytes"):
        require_room(tmp_path / ("r" * 250 + ".csv"), ".failures.csv")


def test_a_path_that_no_library_can_open_is_refused_and_none_is_too_long(tmp_path: Path) -> None:
    for refused in (lambda: require_readable_name("a\udcff"), lambda: absolute_path(tmp_path, "a\udcff.nii")):
        with pytest.raises(InputError, match="UTF-8"):
            refused()
    for odd in ("x" * 5000 + "\\a.nii", "a\0\\b.nii"):
        assert absolute_path(tmp_path, odd).name


def test_a_text_of_what_utf_8_cannot_hold_is_written(tmp_path: Path) -> None:
    write_text('"\udcff"', tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '"\\udcff"'
