"""The IBSI's reference values: docs/ibsi.md says what a run finds."""

import dataclasses
import re
from pathlib import Path

import pytest
import SimpleITK as sitk

import nbradiomics
from nbradiomics.features.compliance.ibsi import COMPARISONS, Phantom, complies, switched
from nbradiomics.features.compliance.ibsi_names import COMPUTED, reason
from nbradiomics.features.native.grid.preparation import prepare
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters import Own
from nbradiomics.features.parameters.ibsi import Ibsi
from nbradiomics.images.io import read_image

PAGE = Path(nbradiomics.__file__).parents[1] / "docs" / "ibsi.md"
ROW = re.compile(r"\| `(\w+)` \| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \| (.+) \|")

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module", params=COMPARISONS)
def phantom(request: pytest.FixtureRequest, real_data: Path) -> Phantom:
    return Phantom(COMPARISONS[request.param], real_data / "ibsi1")


def rows(title: str) -> dict[str, tuple[str, ...]]:
    """Rows of a comparison's table on the page, by tag: feature, value, reference, tolerance, verdict."""
    section = PAGE.read_text(encoding="utf-8").split(f"### {title}\n")[1].split("\n##")[0].split("<!--")[0]
    found = [ROW.fullmatch(line) for line in section.splitlines() if line.startswith("| `")]
    assert all(found)
    return {match[1]: match.groups()[1:] for match in found if match}


def test_the_page_has_the_values_and_the_references(phantom: Phantom) -> None:
    values = phantom.features(phantom.switches)
    expected = {
        tag: (name, f"{values[tag]:.5g}", *(f"{number:g}" for number in phantom.reference.loc[tag]))
        for tag, name in COMPUTED.items()
    }
    assert {tag: row[:4] for tag, row in rows(phantom.title).items()} == expected


def test_every_verdict_of_the_page_holds(phantom: Phantom) -> None:
    verdicts = {tag: row[4] for tag, row in rows(phantom.title).items()}
    full = dataclasses.asdict(phantom.switches)
    plain, good = phantom.compliant(Ibsi()), phantom.compliant(phantom.switches)
    assert {tag for tag, text in verdicts.items() if text == "complies"} == plain & good
    assert {tag for tag, text in verdicts.items() if text.startswith("differs")} == COMPUTED.keys() - good
    needing = {tag: tuple(re.findall(r"`(\w+)`", text)) for tag, text in verdicts.items()}
    for switches in set(needing.values()) - {()}:
        named = {tag for tag in needing if needing[tag] == switches}
        assert named <= phantom.compliant(switched(full, switches)) - plain
        assert all(verdicts[tag].startswith("complies with") for tag in named)


def test_every_feature_that_is_computed_complies(phantom: Phantom) -> None:
    values = phantom.features(phantom.switches)
    reference = phantom.reference
    assert {tag for tag in values if not complies(values[tag], *reference.loc[tag])} == set()
    assert len(values) == 105


def test_the_counts_of_the_page_are_those_of_its_tables(phantom: Phantom) -> None:
    verdicts = [row[4] for row in rows(phantom.title).values()]
    plain, differ = verdicts.count("complies"), sum(text.startswith("differs") for text in verdicts)
    line = f"| {phantom.title} | {len(verdicts)} | {plain} | {len(verdicts) - differ} | {differ} |"
    text = PAGE.read_text(encoding="utf-8")
    assert line in text.splitlines()
    assert f"computes {len(verdicts)}; {len(phantom.reference) - len(verdicts)} are features of the" in text


def test_every_feature_of_the_ibsi_is_computed_or_has_a_reason(phantom: Phantom) -> None:
    tags = set(phantom.reference.index)
    assert tags >= COMPUTED.keys()
    assert len(tags) == len(phantom.reference) == 174
    assert all(reason(tag) for tag in tags - COMPUTED.keys())


@pytest.mark.parametrize("letter", ["C", "D", "E"])
def test_the_region_has_as_many_voxels_as_the_reference(real_data: Path, letter: str) -> None:
    folder = real_data / "ibsi1"
    phantom = Phantom(COMPARISONS[letter], folder)
    image = read_image(folder / "ct_phantom_image.nii.gz")
    mask = sitk.ReadImage(str(folder / "ct_phantom_mask.nii.gz"))
    mask.CopyInformation(image)
    plan = Plan.of(dataclasses.replace(phantom.parameters, own=Own(ibsi=phantom.switches)))
    prepared = prepare(image, mask, plan.settings, plan.ibsi)
    reference = dict(read_reference(folder / COMPARISONS[letter].reference))
    found = {
        "int_mask_vox_count_reseg_roi": int(sitk.GetArrayViewFromImage(prepared.mask).sum()),
        "morph_mask_vox_count_reseg_roi": int(sitk.GetArrayViewFromImage(prepared.shape_mask).sum()),
    }
    for number, axis in zip(prepared.shape_box.size, "zyx", strict=True):
        found[f"morph_mask_bb_dim_{axis}_reseg_roi"] = number
    for tag, number in found.items():
        expected, tolerance = reference[tag]
        assert abs(number - expected) <= tolerance


def read_reference(file: Path) -> list[tuple[str, tuple[float, float]]]:
    """Every row of a reference file that has a value, what describes the image too."""
    lines = [line.split(";") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    return [(tag, (float(value), float(tolerance))) for value, tolerance, tag in lines if value]
