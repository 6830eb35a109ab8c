"""Names of derived regions."""

from __future__ import annotations

import pytest

from nbradiomics.cohort.derived_regions import derived, derived_name, is_derived, left_out_sentence


@pytest.mark.parametrize("region", ["", "lesion-a", "left/upper"])
@pytest.mark.parametrize(
    ("kind", "detail"), [("habitat", 2), ("ring", 3), ("ring", 2.5), ("rim", 2), ("core", 0.75)]
)
def test_a_name_is_read_as_it_was_made(region: str, kind: str, detail: float) -> None:
    read = derived(derived_name(kind, detail, region))  # type: ignore[arg-type]
    assert read == (region, kind, detail)


@pytest.mark.parametrize(
    "roi", ["tumour", "habitat", "habitat-0", "habitat-x", "ring-3", "core", "rimmed-2mm"]
)
def test_a_drawn_region_is_not_derived(roi: str) -> None:
    assert not is_derived(roi)


def test_what_is_left_out_is_said() -> None:
    assert left_out_sentence(["tumour"], "the verdict") == ""
    assert left_out_sentence(["tumour", "ring-3mm", "ring-3mm"], "the verdict") == (
        "1 derived region (ring-3mm) is left out of the verdict."
    )
