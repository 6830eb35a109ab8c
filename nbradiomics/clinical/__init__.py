"""Read clinical tables: kinds of columns, declared or inferred, for covariates, endpoints and subgroups."""

from nbradiomics.clinical.cells import as_text
from nbradiomics.clinical.column import ClinicalColumn, Said, read_column
from nbradiomics.clinical.covariates import Covariates, covariate_columns, read_covariates
from nbradiomics.clinical.declaration import Declaration, declaration_of, declaration_problems
from nbradiomics.clinical.description import Description, column_sentences, describe, endpoint_sentences
from nbradiomics.clinical.endpoints import (
    DROP,
    Endpoint,
    EndpointReading,
    endpoint_problems,
    read_endpoint,
    read_reading,
    reading_of,
)
from nbradiomics.clinical.events import COMPETING_EVENT
from nbradiomics.clinical.inference import Kind
from nbradiomics.clinical.missing import same_value
from nbradiomics.clinical.numbers import number_or_word
from nbradiomics.clinical.read import read_clinical_table, read_clinical_with_notes
from nbradiomics.clinical.subgroups import subgroup_columns
from nbradiomics.clinical.targets import TargetReading, read_target, target_of, target_problems

__all__ = [
    "COMPETING_EVENT",
    "DROP",
    "ClinicalColumn",
    "Covariates",
    "Declaration",
    "Description",
    "Endpoint",
    "EndpointReading",
    "Kind",
    "Said",
    "TargetReading",
    "as_text",
    "column_sentences",
    "covariate_columns",
    "declaration_of",
    "declaration_problems",
    "describe",
    "endpoint_problems",
    "endpoint_sentences",
    "number_or_word",
    "read_clinical_table",
    "read_clinical_with_notes",
    "read_column",
    "read_covariates",
    "read_endpoint",
    "read_reading",
    "read_target",
    "reading_of",
    "same_value",
    "subgroup_columns",
    "target_of",
    "target_problems",
]
