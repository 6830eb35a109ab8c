"""Columns that several tables of outcome models have."""

from __future__ import annotations

from nbradiomics.tables.schema import Column

MODEL = Column(
    "model",
    "text",
    "columns that the model uses: covariates, the volume alone, features, or features and covariates",
    values=("clinical", "volume", "radiomic", "combined"),
)
CLASS = Column("class", "text", "a class of the target")
REPEAT = Column("repeat", "integer", "repeat of the cross-validation: 1, 2 and so on")
FOLD = Column("fold", "integer", "fold in which the subject was held out: 1, 2 and so on")
SUBJECTS = Column("subjects", "integer", "subjects of the group")
#: Names of the risk groups.
RISK_GROUPS = ("high", "low")
