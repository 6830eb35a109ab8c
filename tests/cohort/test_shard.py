"""Shards: each subject in exactly one, evenly, whatever the order of the table; wrong texts are explained."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from nbradiomics.cohort import scan_name, subject_of
from nbradiomics.cohort.shard import Shard
from nbradiomics.errors import InputError


@given(st.sets(st.text(min_size=1, max_size=12), max_size=60), st.integers(1, 20), st.randoms())
def test_every_subject_is_in_exactly_one_shard(subjects: set[str], number: int, chance: object) -> None:
    names = sorted(subjects)
    mixed = names[:]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    parts = [Shard(i, number).subjects(names) for i in range(1, number + 1)]
    assert parts == [Shard(i, number).subjects([*mixed, *mixed]) for i in range(1, number + 1)]
    assert sorted(name for part in parts for name in part) == names
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_names_that_follow_a_pattern_are_mixed() -> None:
    """Sites in turn, which a division by position would put into one shard each."""
    names = [f"{n:05d}-site{n % 4}" for n in range(4000)]
    for number in range(1, 5):
        part = Shard(number, 4).subjects(names)
        of_first = sum(name.endswith("site0") for name in part)
        assert 190 < of_first < 310  # 250 expected, standard deviation 12


@given(st.text(min_size=1), st.text(), st.text())
def test_the_subject_is_found_in_the_name_of_its_scan(subject: str, timepoint: str, sequence: str) -> None:
    name = scan_name(subject, timepoint, sequence)
    for text in (name, f"{name}/tumour/A/1", f"{name} (/path/to/image.nii.gz)", f"{name}#3"):
        assert subject_of(text) == subject


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0/4", "numbers 1 to 4"),
        ("5/4", "numbers 1 to 4"),
        ("/4", "may not be set"),
        ("4", "i/n was expected"),
        ("1/0", "0 shards"),
        ("-1/4", "i/n was expected"),
        ("1.5/4", "i/n was expected"),
        ("١/٤", "i/n was expected"),
        ("1/100001", "from 1 to 100,000"),
        ("", "may not be set"),
    ],
)
def test_a_wrong_shard_is_explained(text: str, words: str) -> None:
    with pytest.raises(InputError, match="shard") as refusal:
        Shard.of_text(text)
    assert words in str(refusal.value)
