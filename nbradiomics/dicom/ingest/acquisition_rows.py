"""Rows of the tables of an ingest."""

from __future__ import annotations

from typing import Any

from nbradiomics.dicom.ingest.known_names import (
    kernel_name,
    modality_name,
    model_name,
    site_name,
    vendor_name,
)
from nbradiomics.dicom.ingest.rules import IngestRules
from nbradiomics.dicom.ingest.subjects import Timepoint
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.grid import plane_of
from nbradiomics.dicom.series.plans import Plan
from nbradiomics.messages.wording import counted


def acquisition_row(
    plan: Plan, when: Timepoint, rules: IngestRules, pseudonyms: Pseudonyms
) -> dict[str, Any]:
    """How a volume was acquired: columns of `schema.ACQUISITION` that its header tells."""
    header, acquired, grid = plan.header, plan.acquired, plan.grid
    assert grid is not None
    return {
        **_common(plan, pseudonyms),
        "timepoint": when.name,
        "days": when.days,
        "parts": plan.parts,
        "site": site_name(header.institution, rules.sites, pseudonyms),
        "vendor": vendor_name(header.manufacturer, rules.vendors, pseudonyms),
        "model": model_name(header.model, rules.models, pseudonyms),
        "field_strength": _tesla(header.field),
        "flip_angle": acquired.flip,
        "contrast": header.contrast,
        "kvp": header.kvp,
        "kernel": kernel_name(header.kernel, rules.kernels, pseudonyms),
        "spacing_x": grid.spacing[0],
        "spacing_y": grid.spacing[1],
        "spacing_z": grid.spacing[2],
        "slice_thickness": header.thickness,
        "columns": grid.size[0],
        "rows": grid.size[1],
    }


def not_chosen_row(plan: Plan, reason: str, pseudonyms: Pseudonyms) -> dict[str, Any]:
    """Why a volume was not chosen: columns of `schema.NOT_CHOSEN`."""
    return {**_common(plan, pseudonyms), "reason": reason}


def _common(plan: Plan, pseudonyms: Pseudonyms) -> dict[str, Any]:
    header, acquired = plan.header, plan.acquired
    orientation = plan.sources[0].frame.place.orientation
    return {
        "subject": pseudonyms.name("subject", header.patient) if header.patient else "",
        "series": pseudonyms.name("series", header.series),
        "part": plan.part,
        "modality": modality_name(header.modality),
        "plane": plane_of(orientation) if orientation is not None and any(orientation) else "",
        "slices": len(plan.sources),
        "tr": acquired.tr,
        "te": acquired.te,
        "ti": acquired.ti,
        "b_value": acquired.b_value,
    }


def notes_on(plan: Plan, units: str) -> list[str]:
    """What should be known about an image, by its headers."""
    notes = []
    expected = plan.header.expected
    if expected is not None and plan.parts == 1 and expected != len(plan.sources):
        notes.append(f"the header announces {counted(expected, 'slice')}: some may be missing at the ends")
    thickness, distance = plan.header.thickness, plan.grid.spacing[2] if plan.grid else None
    if thickness and distance and thickness > 1.01 * distance:
        notes.append("the slices overlap: they are thicker than their distance")
    kinds = {value.upper() for value in plan.acquired.image_type}
    if "ADC" in kinds and not units:
        notes.append("the header does not state the unit of the diffusion coefficient")
    return notes


def _tesla(field: float | None) -> float | None:
    """Magnetic field in tesla; some headers state it in gauss."""
    return field / 10_000 if field is not None and field > 100 else field
