"""No damaged image is read as a sound one with other voxels: cut, lengthened or with one bit turned."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings, strategies as st

from nbradiomics.errors import InputError, TransientError
from nbradiomics.images.io import read_image
from tests.robustness.corpus import FORMATS, GUARDED, Format, cuts, flips, lengthened, voxels


def told(path: Path, array: np.ndarray) -> str:
    """``refused``; ``same`` where what is read is what was written; ``SILENT`` for anything else."""
    try:
        image = read_image(path)
    except TransientError:
        return "PASSING"
    except InputError:
        return "refused"
    found = sitk.GetArrayViewFromImage(image)
    same = found.shape == array.shape and np.array_equal(found, array) and found.dtype == array.dtype
    return "same" if same else "SILENT"


def trials(
    form: Format, array: np.ndarray, folder: Path, chance: random.Random, number: int
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Damage of one file, each kind `number` times."""
    content = form.damaged_file(form.write(array, folder)).read_bytes()
    yield "cut", cuts(content, chance, number)
    yield "lengthened", lengthened(content, chance, number)
    if form.guarded:
        yield "one bit turned", flips(content, chance, number, form.first(content))


def campaign(form: Format, array: np.ndarray, folder: Path, number: int, seed: int) -> Counter[str]:
    """What became of each kind of damage."""
    path = form.write(array, folder)
    assert told(path, array) == "same"
    outcomes: Counter[str] = Counter()
    for kind, spoilt in trials(form, array, folder, random.Random(seed), number):
        for content in spoilt:
            form.damaged_file(path).write_bytes(content)
            outcomes[f"{kind}: {told(path, array)}"] += 1
    return outcomes


def require_none_silent(outcomes: Counter[str]) -> None:
    """A bit that is not used may turn (the date in gzip's header); a cut or longer file is refused."""
    assert not [outcome for outcome in outcomes if "SILENT" in outcome or "PASSING" in outcome], outcomes
    assert not outcomes["lengthened: same"], outcomes
    assert not outcomes["cut: same"], outcomes


@pytest.mark.parametrize("kind", ["image", "mask"])
@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_never_silent(name: str, kind: str, tmp_path: Path) -> None:
    require_none_silent(campaign(FORMATS[name], voxels(kind), tmp_path, 4, seed=1))


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["image", "mask"])
@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_never_silent_in_thousands_of_trials(name: str, kind: str, tmp_path: Path) -> None:
    outcomes = campaign(FORMATS[name], voxels(kind), tmp_path, 500, seed=2)
    print(f"{name}, {kind}: {dict(sorted(outcomes.items()))}")  # noqa: T201 - figures to be reported
    require_none_silent(outcomes)


def header_flips(
    form: Format, content: bytes, named: bool, chance: random.Random, number: int
) -> list[bytes]:
    """A file whose header has one bit turned: at random places, or (`number` 0) at each."""
    end = len(content) if named else form.first(content)
    places = range(8 * end) if not number else [chance.randrange(8 * end) for _ in range(number)]
    spoilt = []
    for place in places:
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        spoilt.append(bytes(changed))
    return spoilt


def with_spoilt_header(name: str, folder: Path, number: int) -> Counter[str]:
    """What becomes of turned bits in a header that no checksum covers; NIfTI's may scale the values."""
    form, array = FORMATS[name], voxels("image")
    path = form.write(array, folder)
    outcomes: Counter[str] = Counter()
    for content in header_flips(form, path.read_bytes(), bool(form.spoilt), random.Random(3), number):
        path.write_bytes(content)
        outcomes[told(path, array)] += 1
        assert not outcomes["SILENT"] or name in ("nii", "img"), content
    return outcomes


HEADERS = ["nii", "img", "mha", "mhd", "mha, packed", "nrrd", "nhdr", "nrrd, gzip", "gipl", "vtk"]


@pytest.mark.parametrize("name", HEADERS)
def test_a_spoilt_header_gives_no_other_voxels_and_no_traceback(name: str, tmp_path: Path) -> None:
    assert with_spoilt_header(name, tmp_path, 30).total() == 30


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", HEADERS)
def test_every_bit_of_a_header(name: str, tmp_path: Path) -> None:
    outcomes = with_spoilt_header(name, tmp_path, 0)
    print(f"header of {name}: {dict(sorted(outcomes.items()))}")  # noqa: T201 - figures to be reported
    # Two numbers of 32 bits scale the values of a NIfTI file.
    assert outcomes["SILENT"] <= (64 if name in ("nii", "img") else 0)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(GUARDED)), st.sampled_from(["image", "mask"]), st.data())
def test_several_bits_or_a_lost_piece_are_never_silent(
    tmp_path: Path, name: str, kind: str, data: st.DataObject
) -> None:
    form, array = GUARDED[name], voxels(kind)
    path = form.write(array, tmp_path)
    content = bytearray(form.damaged_file(path).read_bytes())
    first = form.first(bytes(content))
    places = st.integers(first, len(content) - 1)
    if data.draw(st.booleans(), label="a lost piece"):
        start = data.draw(places)
        del content[start : start + data.draw(st.integers(1, 200))]
    else:
        for place in data.draw(st.lists(places, min_size=1, max_size=5, unique=True)):
            content[place] ^= data.draw(st.integers(1, 255))
    form.damaged_file(path).write_bytes(bytes(content))
    assert told(path, array) in ("refused", "same")
