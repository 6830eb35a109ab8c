"""Schemas of the tables that a query writes; both hold identifiers of patients."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

_IDENTIFIES = (
    "It holds identifiers of patients, and only its owner may read it: keep it as safe as the images."
)

FETCH_LIST = Schema(
    name="Fetch list",
    file="LIST.csv",
    row="a series that `pacs fetch` would fetch",
    columns=(
        Column("patient_id", "text", "Patient ID", missing="the server does not say", optional=True),
        Column(
            "study_date",
            "text",
            "date of the study (YYYY-MM-DD)",
            missing="the server does not say",
            optional=True,
        ),
        Column(
            "modality",
            "text",
            "DICOM modality (`MR`, `CT`, `PT`)",
            missing="the server does not say",
            optional=True,
        ),
        Column("study_description", "text", "description of the study", missing="none", optional=True),
        Column("series_number", "text", "number of the series in its study", missing="none", optional=True),
        Column("series_description", "text", "description of the series", missing="none", optional=True),
        Column(
            "instances",
            "integer",
            "number of instances by the server's own count",
            missing="the server does not say",
            optional=True,
        ),
        Column("study_uid", "text", "Study Instance UID"),
        Column("series_uid", "text", "Series Instance UID"),
        Column("server", "text", "root of the DICOMweb service that has the series"),
    ),
    key=("series_uid",),
    note=f"Remove the rows of what you do not want. {_IDENTIFIES}",
)

NOT_FOUND = Schema(
    name="Patients that were not found",
    file="LIST.not_found.csv",
    row="a patient of whom no series was found",
    columns=(
        Column("patient_id", "text", "Patient ID as in the table of patients"),
        Column(
            "studies", "integer", "number of the patient's studies in the asked time, of which no series fits"
        ),
    ),
    key=("patient_id",),
    note=_IDENTIFIES,
)

TABLES = (FETCH_LIST, NOT_FOUND)
