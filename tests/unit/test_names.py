"""File names: legal, and never one for two things."""

from hypothesis import given
from hypothesis import strategies as st

from nbradiomics.names import file_stems


def test_plain_words_are_joined() -> None:
    assert file_stems([("S001", "baseline", "T2w")]) == ["S001_baseline_T2w"]


def test_names_that_would_be_one_get_a_number() -> None:
    assert file_stems([("a_b", "c"), ("a", "b_c"), ("A", "B_C")]) == ["a_b_c", "a_b_c_2", "A_B_C_3"]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=6))
def test_names_are_legal_and_all_differ(parts: list[tuple[str, str]]) -> None:
    stems = file_stems(parts)
    assert len({stem.casefold() for stem in stems}) == len(parts)
    assert all(stem and not set(stem) & set('/\\:*?"<>|\n') and stem not in (".", "..") for stem in stems)
