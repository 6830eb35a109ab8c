"""What the sentences of a methods section are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.outcome.settings import PENALISED, TREES
from nbradiomics.report.paper.references import References
from nbradiomics.report.run_files import Endpoint
from nbradiomics.tables import AUTO


@dataclass(frozen=True, eq=False)
class Story:
    """An evaluation to describe.

    Attributes
    ----------
    endpoint
        Its tables and summary.
    provenance
        Record of the run; empty for models that are not part of a run.
    cite
        Collects what is cited.
    """

    endpoint: Endpoint
    provenance: Mapping[str, Any] = field(default_factory=dict)
    cite: References = field(default_factory=References)

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary of the evaluation."""
        return self.endpoint.summary

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the models."""
        settings: Mapping[str, Any] = self.summary["settings"]
        return settings

    @property
    def models(self) -> Sequence[str]:
        """Names of the models."""
        models: Sequence[str] = self.summary["models"]
        return models

    @property
    def method(self) -> str:
        """Kind of model: penalised, firth, or the name of the trees."""
        return str(self.settings["method"])

    @property
    def is_penalised(self) -> bool:
        """Whether the models are regressions with a penalty, and neither Firth's nor trees."""
        return self.method == PENALISED

    @property
    def has_trees(self) -> bool:
        """Whether the models are forests or boosting."""
        return self.method in TREES

    @property
    def sites(self) -> Sequence[str]:
        """Sites that were held out once each."""
        return list(self.summary.get("sites") or ())

    @property
    def folds(self) -> int:
        """Folds of all repeats; 1 for an external validation."""
        if self.endpoint.is_external:
            return 1
        return len(self.sites) or self.settings["folds"] * self.settings["repeats"]

    @property
    def training(self) -> str:
        """Subjects to whom everything was fitted."""
        return "the development cohort" if self.endpoint.is_external else "the training subjects of each fold"

    @property
    def segmentation_model(self) -> Mapping[str, Any]:
        """Record of the model that drew masks which were used here; empty if there is none."""
        model = self.provenance.get("model")
        return model if isinstance(model, Mapping) and self.uses_automatic_masks else {}

    @property
    def uses_automatic_masks(self) -> bool:
        """Whether features of automatic masks are in the models, or decided which features are stable."""
        return AUTO in self.summary["rows"].get("reader", ()) or AUTO in self.summary["stability_readers"]


def listed(names: Sequence[object]) -> str:
    """Write ``a``, ``a and b`` or ``a, b and c``; a line end in a name becomes a space."""
    texts = [" ".join(str(name).split()) for name in names]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
