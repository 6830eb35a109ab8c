"""Names of regions and readers: from rules or standards, never from the file's free text."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.region_names import target_name
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.masks.wildcards import matches
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.errors import InputError
from nbradiomics.system.quiet import quiet
from tests.support.structure_sets import contour, in_mm, structure_set, volume_of, write

VOLUME = volume_of()


def square(low: float, high: float) -> list[Any]:
    points = [(low, low), (high, low), (high, high), (low, high)]
    return [contour(in_mm(VOLUME, points, 2))]


def regions(names: list[str]) -> dict[str, list[Any]]:
    """Regions apart from each other, of 1, 4, 9 ... voxels."""
    return {name: square(4 * place + 0.5, 5 * place + 1.5) for place, name in enumerate(names)}


def file(folder: Path, names: list[str], number: int = 1, **texts: str) -> Path:
    dataset = structure_set(VOLUME, regions(names))
    for keyword, value in texts.items():
        setattr(dataset, keyword, value)
    return write(dataset, folder / f"{number}.dcm")


def rois(masks: Masks) -> dict[str, int]:
    return {mask.roi: mask.voxels for mask in masks.masks}


def causes(masks: Masks) -> str:
    return " ".join(f"{one.severity} {one.roi}: {one.cause}" for one in masks.problems)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("GTV 1", "gtv_1", True),
        ("  GTV__1 ", "gtv-1", True),
        ("GTV1", "GTV 1", False),
        ("GTV-1 left", "GTV*", True),
        ("aGTV", "GTV*", False),
        ("GTV 2", "GTV [1-3]", True),
        ("GTV 4", "GTV [1-3]", False),
        ("TUMÖR", "tumör", True),
        ("tumor", "tumo?r", False),
        ("tumour", "tumo?r", True),
        ("GTV (old)", "gtv (old)", True),
        ("", "*", True),
        ("x" * 10_000, "*" * 50 + "y", False),
    ],
)
def test_patterns(text: str, pattern: str, expected: bool) -> None:
    assert matches(text, [pattern]) == expected


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("GTV_1", "", "gtv-1"),
        ("gtv 01", "", "gtv-1"),
        ("Tumor", "", "tumour"),
        ("Lesion3", "", "lesion-3"),
        ("GTV_Mass_CT", "GTV", "gtv"),
        ("GTV SMITH", "", ""),
        ("Liver", "ORGAN", ""),
        ("", "", ""),
    ],
)
def test_standard_names_of_targets(name: str, kind: str, expected: str) -> None:
    assert target_name(name, kind) == expected


def test_without_rules_only_targets_are_read_and_the_others_counted(tmp_path: Path) -> None:
    masks = masks_of(VOLUME, [file(tmp_path, ["GTV", "SMITH", "Liver"])], MaskRules())
    assert rois(masks) == {"gtv": 1}
    assert "2 regions of 3 without a known name: left out" in causes(masks)
    assert "SMITH" not in causes(masks)
    none = masks_of(VOLUME, [file(tmp_path, ["SMITH"])], MaskRules())
    assert not none.masks
    assert none.problems[0].severity == "error"
    numbered = masks_of(VOLUME, [file(tmp_path, ["GTV", "SMITH", "Liver"])], MaskRules(others="number"))
    assert rois(numbered) == {"gtv": 1, "roi-2": 4, "roi-3": 9}


@pytest.mark.parametrize(
    ("several", "expected"),
    [("refuse", {}), ("union", {"nodes": 13}), ("number", {"nodes-1": 4, "nodes-2": 9})],
)
def test_several_regions_of_one_rule(several: str, expected: dict[str, int], tmp_path: Path) -> None:
    rules = MaskRules(regions=[{"roi": "nodes", "names": ["LN *"], "several": several}])
    masks = masks_of(VOLUME, [file(tmp_path, ["GTV", "ln_1", "LN 2"])], rules)
    assert rois(masks) == expected
    assert bool(masks.problems) == (several == "refuse")
    assert ("2 regions match the rule: numbers 2, 3 of the file" in causes(masks)) == (several == "refuse")


def test_a_rule_that_matches_nothing_is_told(tmp_path: Path) -> None:
    rules = MaskRules(regions=[{"roi": "tumour", "names": "GTV*"}, {"roi": "liver", "names": "Hepar"}])
    masks = masks_of(VOLUME, [file(tmp_path, ["GTV-p"])], rules)
    assert rois(masks) == {"tumour": 1}
    assert "error liver: no region of this object matches the rule." in causes(masks)


def test_two_regions_of_one_standard_name_are_refused(tmp_path: Path) -> None:
    masks = masks_of(VOLUME, [file(tmp_path, ["GTV 1", "gtv_01", "CTV"])], MaskRules())
    assert rois(masks) == {"ctv": 9}
    assert "error gtv-1: 2 regions have this name: numbers 1, 2 of the file." in causes(masks)


def test_a_union_lacks_nothing_or_is_none(tmp_path: Path) -> None:
    parts = {**regions(["a", "b"]), "empty": []}
    path = write(structure_set(VOLUME, parts), tmp_path / "rs.dcm")
    rules = MaskRules(regions=[{"roi": "all", "names": ["*"], "several": "union"}])
    masks = masks_of(VOLUME, [path], rules)
    assert not masks.masks
    assert "error all: Region 3: the region has no contours." in causes(masks)


def test_readers_have_the_names_of_rules_else_pseudonyms_else_numbers(tmp_path: Path) -> None:
    files = [
        file(tmp_path, ["GTV"], 1, StructureSetLabel="Onco_SMITH"),
        file(tmp_path, ["GTV"], 2, OperatorsName="Jones^Ann"),
        write(structure_set(VOLUME, {"GTV": square(3.5, 9.5)}), tmp_path / "3.dcm"),
    ]
    rules = MaskRules(readers=[{"reader": "A", "label": "onco*"}])
    names = Pseudonyms(b"k" * 32)
    masks = masks_of(VOLUME, files, rules, names)
    readers = {mask.source.stem: mask.reader for mask in masks.masks}
    assert readers == {"1": "A", "2": f"reader-{names.name('reader', 'jones^ann')}", "3": "reader-1"}
    assert not masks.problems
    numbered = masks_of(VOLUME, files, rules)
    assert {mask.source.stem: mask.reader for mask in numbered.masks} == {
        "1": "A",
        "2": "reader-1",
        "3": "reader-2",
    }
    assert "the reader is not known and was numbered: reader-2, one of 2 objects" in causes(numbered)
    everything = str(masks) + str(numbered)
    assert not any(word in everything for word in ("SMITH", "Jones", "jones"))


@pytest.mark.parametrize("name", ["reader-1", "Reader-02"])
def test_a_rule_does_not_name_a_reader_as_an_unknown_one(name: str) -> None:
    """He would be mixed with the unknown readers of other images."""
    with pytest.raises(InputError, match="kept for readers whom nobody knows"):
        MaskRules(readers=[{"reader": name, "label": "*"}])


def test_two_versions_of_one_reader_are_refused_and_copies_used_once(tmp_path: Path) -> None:
    rules = MaskRules(readers=[{"reader": "A", "label": "*"}])
    same = [file(tmp_path, ["GTV"], 1), file(tmp_path, ["GTV"], 2)]
    masks = masks_of(VOLUME, same, rules)
    assert rois(masks) == {"gtv": 1}
    assert "2 objects have this region of A, voxel for voxel: one was used" in causes(masks)
    draft = write(structure_set(VOLUME, {"GTV": square(3.5, 9.5)}), tmp_path / "3.dcm")
    masks = masks_of(VOLUME, [same[0], draft], rules)
    assert not masks.masks
    assert [one.severity for one in masks.problems] == ["error", "error"]


def test_drafts_can_be_skipped(tmp_path: Path) -> None:
    files = [
        file(tmp_path, ["GTV"], 1, ApprovalStatus="APPROVED"),
        file(tmp_path, ["GTV"], 2, ApprovalStatus="UNAPPROVED"),
    ]
    rules = MaskRules(skip=[{"approval": "unapproved"}])
    masks = masks_of(VOLUME, files, rules)
    assert [mask.source for mask in masks.masks] == files[:1]
    assert masks.referring == files
    assert not masks.problems


@pytest.mark.parametrize(
    "content",
    [
        {"regions": [{"roi": "tumour"}]},
        {"regions": [{"roi": "tumour", "names": []}]},
        {"regions": [{"roi": " ", "names": "*"}]},
        {"regions": [{"roi": "a\nb", "names": "*"}]},
        {"readers": [{"label": "*"}]},
        {"readers": [{"reader": "A"}]},
        {"skip": [{}]},
        {"fraction": 0},
        {"skip": [{"aproval": "x"}]},
    ],
)
def test_rules_that_cannot_be_meant_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        MaskRules(**content)


def test_no_text_of_a_file_is_in_any_name_problem_or_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    planted = "PLANTEDSECRET"
    dataset = structure_set(VOLUME, regions([planted, f"{planted}2"]), **{planted: "GTV"})
    for keyword in ("StructureSetLabel", "StructureSetName", "SeriesDescription", "OperatorsName"):
        setattr(dataset, keyword, planted)
    for item in dataset.StructureSetROISequence:
        item.ROIDescription = planted
    dataset.PatientID = planted
    with quiet():  # no UID: pydicom warns about it and logs it, also when it reads it
        dataset.RTROIObservationsSequence[1].RTROIInterpretedType = planted.lower()
        image = Dataset()
        image.ReferencedSOPInstanceUID = planted
        dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence = [image]
    caplog.clear()
    path = write(dataset, tmp_path / "rs.dcm")
    for rules in (MaskRules(), MaskRules(others="number")):
        masks = masks_of(VOLUME, [path], rules, Pseudonyms(b"k" * 32))
        assert masks.masks
        assert masks.problems
        told = [(mask.roi, mask.reader) for mask in masks.masks]
        told += [(one.roi, one.cause + one.hint) for one in masks.problems]
        assert planted not in (str(told) + caplog.text + "".join(capfd.readouterr())).upper()
        for mask in masks.masks:
            assert not mask.image.GetMetaDataKeys()
            assert np.isfinite(mask.volume)
