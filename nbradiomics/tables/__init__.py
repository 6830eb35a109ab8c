"""Tables, the interfaces between stages: read them, write them and choose rows.

Index columns of every per-case table
-------------------------------------
subject
    Identifier of the person, text.
timepoint
    Which scan of the person; ``baseline`` if the cohort table does not say.
sequence
    Which image of the scan (``T2w``); ``unspecified`` if the cohort table does not say.
roi
    Which region; ``tumour`` if the cohort table does not say, ``union`` for several united regions.
reader
    Who drew the mask; ``auto`` is the model.
reading
    Number of the reading by the same reader: 1, 2, ...
variant
    Which processing or perturbation; ``original`` for none.
engine
    Engine that computed the features, and its version; two engines are mixed only on request.
in_training
    For an automatic mask: whether the model was trained on the subject (``yes``, ``no``, empty: unknown).

A feature table may have two more columns that describe a row:

site
    Hospital or scanner.
repeat
    Number of the scan, if a subject was scanned several times under the same conditions.
"""

from nbradiomics.tables.cells import HEADER_LINE, read_text_table, text_of
from nbradiomics.tables.columns import NO_COLUMNS, plain_name, require_single_names, with_names
from nbradiomics.tables.feature_table import (
    SUBJECT_NAMES,
    FeatureTable,
    read_feature_table,
    subject_column,
    subjects_of,
)
from nbradiomics.tables.features import (
    FeatureChoice,
    choose_features,
    extracted_columns,
    feature_columns,
    is_feature_name,
)
from nbradiomics.tables.index import AUTO, DESCRIPTIVE, INDEX, ORIGINAL
from nbradiomics.tables.numbers import WITH_POINT, Numbers, out_of_range, read_numbers
from nbradiomics.tables.rows import Rows, RowsOfReader, select
from nbradiomics.tables.text import read_text
from nbradiomics.tables.typed import read_named_table, read_raw, read_table
from nbradiomics.tables.writing import write_table

__all__ = [
    "AUTO",
    "DESCRIPTIVE",
    "HEADER_LINE",
    "INDEX",
    "NO_COLUMNS",
    "ORIGINAL",
    "SUBJECT_NAMES",
    "WITH_POINT",
    "FeatureChoice",
    "FeatureTable",
    "Numbers",
    "Rows",
    "RowsOfReader",
    "choose_features",
    "extracted_columns",
    "feature_columns",
    "is_feature_name",
    "out_of_range",
    "plain_name",
    "read_feature_table",
    "read_named_table",
    "read_numbers",
    "read_raw",
    "read_table",
    "read_text",
    "read_text_table",
    "require_single_names",
    "select",
    "subject_column",
    "subjects_of",
    "text_of",
    "with_names",
    "write_table",
]
