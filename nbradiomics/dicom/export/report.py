"""Make a DICOM SR (TID 1500) of the features of a segmentation's regions, and of the subject's risks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nbradiomics.dicom.export.codes import IBSI, PRIVATE, concept, feature_code, snomed, unit_of
from nbradiomics.dicom.export.regions import plain, tracking_uid
from nbradiomics.dicom.export.risk_groups import risk_groups
from nbradiomics.dicom.export.segmentation import MANUFACTURER, SERIES_NUMBERS, Drawing, person
from nbradiomics.dicom.export.stand_in import instance, patient_and_study
from nbradiomics.dicom.export.times import with_fixed_times
from nbradiomics.dicom.export.uids import named_by_content, uid_of
from nbradiomics.dicom.export.values import FeatureValues, Risks, Software
from nbradiomics.system.quiet import quiet
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    from highdicom.seg import Segmentation
    from highdicom.sr import AlgorithmIdentification, Comprehensive3DSR, Measurement, ObservationContext
    from pydicom.dataset import Dataset

#: Procedures by modality (LOINC); any other is an imaging procedure (SNOMED CT).
_PROCEDURES = {
    "CT": ("25045-6", "LN", "CT unspecified body region"),
    "MR": ("25056-3", "LN", "MR unspecified body region"),
    "PT": ("44136-0", "LN", "PET unspecified body region"),
}


def report_of(
    drawing: Drawing,
    segmentation: Segmentation,
    features: Mapping[str, FeatureValues | None],
    software: Software,
    risks: Risks | None = None,
) -> tuple[Comprehensive3DSR, bytes]:
    """Make a measurement report.

    Parameters
    ----------
    drawing
        The source of the segmentation, who made the regions, and what they are.
    segmentation
        The regions.
    features
        Feature values of each region by its name, in the order of the segments; ``None`` for a region
        that is not in the feature table.
    software
        What computed the features.
    risks
        Out-of-fold predictions for the subject; ``None`` for none.

    Returns
    -------
    highdicom.sr.Comprehensive3DSR, bytes
        The object, and its file: it depends on the arguments and the versions of the software alone.
    """
    import highdicom

    identity, author = drawing.source.identity, drawing.author
    date, time = identity.when
    with quiet():
        groups: list[Any] = [
            _group(drawing, segmentation, number, name, values, software)
            for number, (name, values) in enumerate(features.items(), 1)
            if values is not None
        ]
        content = highdicom.sr.MeasurementReport(
            observation_context=_observers(drawing),
            procedure_reported=_procedure(identity.modality),
            imaging_measurements=[*groups, *(risk_groups(risks, identity.series) if risks else [])],
        )
        report = highdicom.sr.Comprehensive3DSR(
            evidence=[*_instances(drawing), _as_evidence(drawing, segmentation)],
            content=content[0],
            series_instance_uid=uid_of("series", "SR", identity.series, author.reader, author.reading),
            series_number=SERIES_NUMBERS["SR"],
            sop_instance_uid=uid_of("unnamed"),
            instance_number=1,
            manufacturer=MANUFACTURER,
            is_complete=True,
            manufacturer_model_name=MANUFACTURER,
            software_versions=version("nbradiomics"),
            device_serial_number="none",
            series_description=plain(f"nbradiomics features: {author.title}"),
            specific_character_set="ISO_IR 192",
            content_date=date,
            content_time=time,
            coding_schemes=_schemes(),
        )
        with_fixed_times(report, date, time)
        return report, named_by_content(report)


def _group(
    drawing: Drawing,
    segmentation: Segmentation,
    number: int,
    name: str,
    values: FeatureValues,
    software: Software,
) -> Any:
    """Measurements of one region (TID 1411)."""
    from highdicom import sr

    series, settings = drawing.source.identity.series, drawing.settings
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=tracking_uid(series, drawing.author, name),
            identifier=plain(f"{name}, {drawing.author.title}"),
        ),
        referenced_segment=sr.ReferencedSegment(
            segmentation.SOPClassUID,
            segmentation.SOPInstanceUID,
            number,
            source_series=sr.SourceSeriesForSegmentation(series),
        ),
        finding_type=snomed(settings.finding),
        finding_sites=[sr.FindingSite(snomed(settings.organ))] if settings.organ else None,
        algorithm_id=_software(values.engine, software),
        measurements=[_measurement(feature, value) for feature, value in values.values.items()],
    )


def _measurement(feature: str, value: float) -> Measurement:
    from highdicom import sr

    # A float, so that Floating Point Value holds it exactly; the decimal text has 16 characters at most.
    return sr.Measurement(concept(*feature_code(feature)), float(value), concept(*unit_of(feature)))


def _software(engine: str, software: Software) -> AlgorithmIdentification:
    from highdicom import sr

    return sr.AlgorithmIdentification(
        name="nbradiomics, PyRadiomics features",
        version=plain(software.version),
        parameters=[
            f"engine: {engine or 'not recorded'}",
            f"SHA-256 of the parameter file: {software.parameters}",
        ],
        manufacturer=MANUFACTURER,
    )


def _observers(drawing: Drawing) -> ObservationContext:
    """Who drew the regions (no person for the model), and the software."""
    from highdicom import sr
    from pydicom.sr.codedict import codes

    author = drawing.author
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=uid_of("device", MANUFACTURER, version("nbradiomics")),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=MANUFACTURER,
        ),
    )
    if author.reader == AUTO:
        return sr.ObservationContext(observer_device_context=device)
    reader = sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=person(author.reader)),
    )
    return sr.ObservationContext(observer_person_context=reader, observer_device_context=device)


def _procedure(modality: str) -> Any:
    return concept(*_PROCEDURES.get(modality, ("363679005", "SCT", "Imaging procedure")))


def _instances(drawing: Drawing) -> list[Dataset]:
    """Stand-ins of the source's instances, each once."""
    frames = {frame.source.sop_instance: frame for frame in drawing.source.frames}
    return [instance(drawing.source.identity, frame) for frame in frames.values()]


def _as_evidence(drawing: Drawing, segmentation: Segmentation) -> Dataset:
    dataset = patient_and_study(drawing.source.identity)
    for name in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, name, segmentation[name].value)
    return dataset


def _schemes() -> list[Any]:
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    return [
        CodingSchemeIdentificationItem(
            designator=PRIVATE, name="nbradiomics", responsible_organization="nbradiomics"
        ),
        CodingSchemeIdentificationItem(designator=IBSI, name="Image Biomarker Standardisation Initiative"),
    ]
