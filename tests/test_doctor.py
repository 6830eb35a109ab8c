"""The doctor tries each part and says what to do about those that are broken."""

import sys

import pytest

from nbradiomics import doctor


def test_all_parts_work_here() -> None:
    assert {part.name: part.state for part in doctor.check_installation()} == dict.fromkeys(
        ["Python", "features", "PyRadiomics", "torch", "nnU-Net and demo model", "lifelines", "report"], "ok"
    )


def test_a_broken_part_is_told_and_the_others_are_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ImportError("no such package")

    monkeypatch.setattr(doctor, "_torch", broken)
    parts = {part.name: part for part in doctor.check_installation()}
    assert parts["torch"].state == "broken"
    assert "no such package" in parts["torch"].detail
    assert parts["torch"].remedy
    assert parts["lifelines"].state == "ok"


def test_without_pyradiomics_only_that_part_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "radiomics", None)
    parts = {
        name: doctor._examine(name, check, doctor._PYRADIOMICS)
        for name, check in (("features", doctor._features), ("PyRadiomics", doctor._pyradiomics))
    }
    assert (parts["features"].state, parts["PyRadiomics"].state) == ("ok", "missing")
    assert "pip install pyradiomics-bhklab" in parts["PyRadiomics"].remedy
