"""Measurement groups (TID 1501) of out-of-fold predictions: each says what it is, and what it is not."""

from __future__ import annotations

from typing import Any

from nbradiomics.dicom.export.codes import PRIVATE, concept, private_code
from nbradiomics.dicom.export.regions import plain
from nbradiomics.dicom.export.uids import uid_of
from nbradiomics.dicom.export.values import Risk, Risks

OUT_OF_FOLD = "Out of fold: the model of this fold was trained without this subject."
NO_DIAGNOSIS = (
    "Research model: the value is not a diagnosis, and no decision about a patient may be based on it."
)
RISK = ("RISK", PRIVATE, "Out-of-fold risk (research model, not a diagnosis)")
PROBABILITY = ("PROBABILITY", PRIVATE, "Out-of-fold probability (research model, not a diagnosis)")
_GROUP = ("RISKGROUP", PRIVATE, "Against the median risk of the training subjects")
_GROUPS = {"high": ("HIGH", PRIVATE, "Above the median"), "low": ("LOW", PRIVATE, "Not above the median")}


def risk_groups(risks: Risks, series: str) -> list[Any]:
    """Make one group for each model and repeat; values of several folds come from several models."""
    return [_group(risk, risks.endpoint, series) for risk in risks.risks]


def _group(risk: Risk, endpoint: str, series: str) -> Any:
    from highdicom import sr

    name = f"{endpoint}; model {risk.model}, repeat {risk.repeat}" + (
        f", {risk.outcome}" if risk.outcome else ""
    )
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=uid_of("risk", series, endpoint, risk.model, risk.repeat, risk.outcome),
            identifier=plain(name),
        ),
        finding_type=concept(*private_code(risk.outcome)) if risk.outcome else None,
        algorithm_id=sr.AlgorithmIdentification(
            name=plain(f"nbradiomics outcome model: {risk.model}"),
            version=f"repeat {risk.repeat}, fold {risk.fold}",
            parameters=[f"endpoint: {endpoint}", OUT_OF_FOLD, NO_DIAGNOSIS],
        ),
        measurements=[
            sr.Measurement(
                concept(*(PROBABILITY if risk.outcome else RISK)),
                float(risk.value),
                concept("1", "UCUM", "no units"),
            )
        ],
        qualitative_evaluations=[sr.QualitativeEvaluation(concept(*_GROUP), concept(*_GROUPS[risk.group]))]
        if risk.group in _GROUPS
        else None,
    )
