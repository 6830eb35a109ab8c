"""Chains: letters, files, and what is refused."""

from itertools import combinations
from pathlib import Path

import pytest

from nbradiomics.errors import InputError
from nbradiomics.perturbation import Chain, Variant, read_chain
from nbradiomics.perturbation.chain import LETTERS


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_every_name_stands_for_about_thirty_different_variants(size: int) -> None:
    for letters in combinations(LETTERS, size):
        variants = read_chain("".join(letters))
        assert 24 <= len(variants) <= 32
        assert len({variant.name for variant in variants}) == len(variants)
        used = [
            any(variant.noise for variant in variants),
            any(variant.rotation for variant in variants),
            any(any(variant.translation) for variant in variants),
            any(variant.volume for variant in variants),
            any(variant.contour for variant in variants),
            any(variant.reader for variant in variants),
        ]
        assert used == [letter in letters for letter in LETTERS]
        assert Variant() not in variants
        assert read_chain("".join(reversed(letters))) == variants


def test_a_file_gives_all_combinations(tmp_path: Path) -> None:
    path = tmp_path / "chain.yaml"
    path.write_text("rotation: [-10, 0, 10]\nvolume: [-0.1, 0]\nnoise: 2\n", encoding="utf-8")
    variants = read_chain(path)
    assert len(variants) == 12
    assert variants[0].name == "n1_r-10_v-0.1"
    path.write_text("rotation: [-10, 0, 10]\nvolume: [-0.1, 0]\n", encoding="utf-8")
    assert [variant.name for variant in read_chain(path)] == [
        "r-10_v-0.1",
        "r-10",
        "v-0.1",
        "r10_v-0.1",
        "r10",
    ]


def test_a_maximum_is_drawn_by_the_seed() -> None:
    chain = Chain(rotation=tuple(range(1, 90)), maximum=10)
    assert len(chain.variants(1)) == 10
    assert chain.variants(1) == chain.variants(1) != chain.variants(2)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("rotation: [400]", "rotation"),
        ("volume: [-1]", "greater than -1"),
        ("noise: -1", "noise"),
        ("translation: [0.5]", "translation.0: a list was expected"),
        ("rotation: 5", "rotation: a list was expected, such as [1, 2]; found: 5"),
        ("angle: [3]", "unknown key 'angle'"),
        ("rotation: [0]", "changes nothing"),
        ("- 3", "no settings"),
        ("rotation: [1", "not valid YAML"),
        ("noise: 100\ncontour: 100", "10,000 variants"),
        ("rotation: [1.00000001, 1.00000002]", "two variants have the name r1"),
    ],
)
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, content: str, part: str) -> None:
    path = tmp_path / "chain.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_chain(path)
    assert part in str(refused.value)
    assert "chain.yaml" in str(refused.value)


def test_a_list_with_a_wrong_value_is_not_called_empty_too(tmp_path: Path) -> None:
    path = tmp_path / "chain.yaml"
    path.write_text("rotation: [ten]\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_chain(path)
    assert "found: 'ten'" in str(refused.value)
    assert "at least 1 item" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "X", "rt", "RR", "missing.yaml"])
def test_a_wrong_name_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        read_chain(name)
