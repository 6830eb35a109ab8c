"""Entries cover every feature that an engine makes, and their codes are those that others use."""

from __future__ import annotations

import pytest
from pydicom.sr._concepts_dict import concepts
from radiomics import getFeatureClasses

from nbradiomics.features.compliance.ibsi_names import COMPUTED
from nbradiomics.features.ibsi_names.families import AGGREGATIONS, FAMILIES, feature_names
from nbradiomics.nomenclature.ibsi_codes import FAMILY_CODES, IBSI_CODES, WITHOUT_CODE
from nbradiomics.nomenclature.registry import ENTRIES, PYRADIOMICS, find

#: Families whose codes DICOM has not, or has only in part.
NOT_IN_DICOM = ("loc", "stat", "ih", "ivh")


def test_every_feature_has_an_entry_and_every_entry_is_a_feature() -> None:
    pyradiomics = {
        f"{name}_{feature}"
        for name, class_ in getFeatureClasses().items()
        for feature in class_.getFeatureNames()
    }
    families = {f"{family}_{name}" for family, names in FAMILIES.items() for name in names}
    assert set(ENTRIES) == pyradiomics | families


def test_every_form_is_found() -> None:
    for family in FAMILIES:
        for name in feature_names(family, AGGREGATIONS if family in ("cm", "szm", "ngt") else ()):
            named = find(f"wavelet-LLH_{family}_{name}")
            assert named is not None
            assert (named.image, named.entry.class_) == ("wavelet-LLH", family)
            assert name == "_".join(filter(None, (named.entry.feature, named.form)))
    assert find("original_cm_contrast_4D") is None
    assert find("age") is None


def test_a_feature_has_a_code_or_a_reason() -> None:
    for key, entry in ENTRIES.items():
        assert bool(entry.code) != bool(entry.without_code), key
        assert entry.code == (FAMILY_CODES.get(key) or IBSI_CODES.get(key, ("",))[0])
        assert bool(entry.deprecated) <= (entry.class_ in PYRADIOMICS), key
    assert not set(WITHOUT_CODE) & set(IBSI_CODES)


def test_codes_of_classes_and_families_agree() -> None:
    for tag, name in COMPUTED.items():
        if name in IBSI_CODES:
            assert FAMILY_CODES[tag] == IBSI_CODES[name][0], tag


def test_codes_are_distinct_but_for_places_of_the_volume_histogram() -> None:
    codes = [code for tag, code in FAMILY_CODES.items() if not tag.startswith("ivh")]
    # Grey levels share their entropy and uniformity with nothing else.
    assert len(set(codes)) == len(codes) == sum(map(len, FAMILIES.values())) - len(FAMILIES["ivh"])


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in NOT_IN_DICOM])
def test_codes_are_those_of_dicom(family: str) -> None:
    dicom = {code for entry in concepts["IBSI"].values() for code in entry}
    missing = {tag for tag, code in FAMILY_CODES.items() if tag.split("_")[0] == family and code not in dicom}
    assert missing == set()
