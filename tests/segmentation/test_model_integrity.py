"""A damaged file of a model is refused and named: by the hashes in its card, else by its own checksums."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import ModelError
from nbradiomics.segmentation import import_model, load_model
from nbradiomics.segmentation.model_files.card import read_card
from nbradiomics.segmentation.model_files.checkpoint import read_fold
from nbradiomics.segmentation.model_files.integrity import digests_of, seal
from nbradiomics.segmentation.store import BUNDLED
from tests.support.damage import damages, flipped
from tests.support.random_model import make_model, unseal

WEIGHTS = "fold_0/checkpoint_final.pth"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with the hashes of its files."""
    folder = make_model(tmp_path_factory.mktemp("made") / "model", folds=1)
    seal(read_card(folder), folder)
    return folder


@pytest.fixture(scope="module")
def copy(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(original, tmp_path_factory.mktemp("copy") / "model"))


def refusal(folder: Path) -> ModelError | None:
    try:
        load_model(folder)
    except ModelError as error:
        return error
    return None


def require_refused(original: Path, copy: Path, name: str, content: bytes) -> None:
    (copy / name).write_bytes(content)
    try:
        error = refusal(copy)
    finally:
        shutil.copyfile(original / name, copy / name)
    assert error is not None
    assert str(copy / name) in error.problem
    assert error.remedy


@settings(max_examples=30)
@given(data=st.data())
def test_any_damage_to_a_checkpoint_is_refused_by_name(
    original: Path, copy: Path, data: st.DataObject
) -> None:
    content = (original / WEIGHTS).read_bytes()
    require_refused(original, copy, WEIGHTS, data.draw(damages(content)))


@pytest.mark.exhaustive
def test_a_bit_flipped_anywhere_in_a_checkpoint_is_refused_by_name(original: Path, copy: Path) -> None:
    content = (original / WEIGHTS).read_bytes()
    for bit in random.Random(0).sample(range(8 * len(content)), 1_000):
        require_refused(original, copy, WEIGHTS, flipped(content, bit))


def refused_or_same(path: Path, expected: dict[str, torch.Tensor]) -> bool:
    """Whether a changed checkpoint is refused; where it is not, its weights are those of before."""
    try:
        found = read_fold(path).weights
    except ModelError as error:
        return str(path) in error.problem
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    return False


def flip_and_read(original: Path, folder: Path, bits: Any) -> int:
    """Flip bits one after another in a checkpoint of a model without hashes; give how many were refused."""
    content = (original / WEIGHTS).read_bytes()
    expected = dict(read_fold(original / WEIGHTS).weights)
    path = folder / "fold_0" / "checkpoint_final.pth"
    path.parent.mkdir()
    refused = 0
    for bit in bits:
        path.write_bytes(flipped(content, bit))
        refused += refused_or_same(path, expected)
    return refused


def test_without_hashes_no_flipped_bit_changes_a_weight(original: Path, tmp_path: Path) -> None:
    size = 8 * (original / WEIGHTS).stat().st_size
    bits = random.Random(1).sample(range(size), 100)
    assert flip_and_read(original, tmp_path, bits) > 50


def uncovered(path: Path) -> list[int]:
    """Places of an archive that none of its checksums covers: headers, padding, the directory."""
    with zipfile.ZipFile(path) as archive:
        places = set(range(path.stat().st_size))
        for member in archive.infolist():
            start = path.read_bytes().index(member.filename.encode(), member.header_offset)
            extra = int.from_bytes(path.read_bytes()[start - 2 : start], "little")
            data = start + len(member.filename) + extra
            places -= set(range(data, data + member.file_size))
    return sorted(places)


def test_a_file_that_the_directory_calls_a_folder_is_refused(original: Path, tmp_path: Path) -> None:
    """Torch would take what lay in its memory for the weights."""
    content = (original / WEIGHTS).read_bytes()
    place = content.rindex(b"PK\x01\x02", 0, content.rindex(b"data/3")) + 38
    assert flip_and_read(original, tmp_path, [8 * place + 4]) == 1


@pytest.mark.exhaustive
def test_without_hashes_no_bit_that_no_checksum_covers_changes_a_weight(
    original: Path, tmp_path: Path
) -> None:
    places = uncovered(original / WEIGHTS)
    assert len(places) > 2_000
    flip_and_read(original, tmp_path, [8 * place + bit for place in places for bit in range(8)])


@pytest.mark.parametrize("name", ["plans.json", "dataset.json", "card.json"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_description_is_refused_or_says_the_same(
    original: Path, copy: Path, name: str, data: st.DataObject
) -> None:
    """A bit of a space can be flipped without a change of what is said; of a key the model says less."""
    content = (original / name).read_bytes()
    (copy / name).write_bytes(flipped(content, data.draw(st.integers(0, 8 * len(content) - 1))))
    try:
        error = refusal(copy)
        digests = {} if error else digests_of(copy)
        hashed = error is None and read_card(copy).sha256 is not None
    finally:
        shutil.copyfile(original / name, copy / name)
    if error is not None:
        assert name in error.problem
        assert error.remedy
    elif hashed:
        assert digests == digests_of(original)
    else:  # the very name of the field was hit, and nothing else with the same bit
        assert {each for each in digests if digests[each] != digests_of(original)[each]} == {"card.json"}


def test_a_digit_of_the_plans_is_held(original: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(original, tmp_path / "model"))
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"]["spacing"][0] = 5.0
    (folder / "plans.json").write_text(json.dumps(plans))
    error = refusal(folder)
    assert error is not None
    assert "plans.json is damaged or was changed" in error.problem
    unseal(folder)  # somebody who means it
    assert refusal(folder) is None


def test_lines_may_end_otherwise(original: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(original, tmp_path / "model"))
    for name in ("plans.json", "card.json"):
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps(content, indent=3).replace("\n", "\r\n"), newline="")
    assert load_model(folder).fingerprint == load_model(original).fingerprint


@pytest.mark.parametrize("more", [True, False])
def test_a_fold_that_comes_or_goes_is_told(tmp_path: Path, more: bool) -> None:
    folder = make_model(tmp_path / "model", folds=2)
    seal(read_card(folder), folder)
    if more:
        shutil.copytree(folder / "fold_0", folder / "fold_2")
    else:
        shutil.rmtree(folder / "fold_1")
    with pytest.raises(
        ModelError, match=r"is not among the files" if more else r"is missing, but card\.json"
    ):
        load_model(folder)


def test_models_of_earlier_releases_and_of_nnunet_load(original: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(original, tmp_path / "model"))
    unseal(folder)
    assert load_model(folder).card.sha256 is None
    (folder / "card.json").unlink()
    assert load_model(folder).folds == ("fold_0",)


def test_an_import_records_hashes_and_holds_those_of_its_source(original: Path, tmp_path: Path) -> None:
    done = import_model(original, name="mine", models=tmp_path / "models")
    assert read_card(done.folder).sha256 == digests_of(done.folder)
    source = Path(shutil.copytree(original, tmp_path / "source"))
    plans = (source / "plans.json").read_text(encoding="utf-8")
    (source / "plans.json").write_text(plans.replace("1100.0", "1101.0"))
    with pytest.raises(ModelError, match=r"plans\.json is damaged or was changed"):
        import_model(source, name="other", models=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


def test_the_bundled_model_is_held_too(tmp_path: Path) -> None:
    card = read_card(BUNDLED / "synthetic-demo")
    assert card.sha256 == digests_of(BUNDLED / "synthetic-demo")
    folder = Path(shutil.copytree(BUNDLED / "synthetic-demo", tmp_path / "model"))
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(flipped(content, 4 * len(content)))
    with pytest.raises(ModelError, match=r"fold_0/checkpoint_final\.pth is damaged"):
        load_model(folder)


def test_a_format_without_checksums_is_refused(original: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(original, tmp_path / "model"))
    unseal(folder)
    content = torch.load(folder / WEIGHTS, weights_only=True)
    torch.save(content, folder / WEIGHTS, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelError, match="format without checksums"):
        load_model(folder)
