"""Sentences about the comparison of risks between masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.report.paper.methods.story import Story, listed

_KINDS = {
    "edited": "edited automatic masks",
    "consensus": "a consensus",
    "fold": "the masks of the folds of the segmentation model",
    "perturbed": "perturbed masks",
}


def drawing(story: Story) -> Iterator[str]:
    """Whose masks the models were fitted to, which other masks were predicted, and what was compared."""
    facts, table = story.summary.get("drawing"), story.endpoint.drawing_groups
    if not isinstance(facts, Mapping) or table is None or table.empty:
        return
    reader = facts["reader"]
    pairs = table[(table["masks"] == "readers") & (table["second"] != ANY)]
    others = dict.fromkeys(name for name in [*pairs["first"], *pairs["second"]] if name != reader)
    kinds = [text for kind, text in _KINDS.items() if facts["drawings"].get(kind)]
    masks = [f"those of {listed([*others])}"] if others else []
    again = ["further readings"] if facts["drawings"].get("reading") else []
    yield (
        f"The models of each fold, fitted to the masks of {reader}, also predicted the held-out subjects "
        f"with other masks: {listed([*masks, *again, *kinds])}. Another design for this question is that of "
        f"an earlier study {story.cite('zhovannik2022')}."
    )
    limits = f", with Wilson's interval {story.cite('wilson1927')}" if table["low"].notna().any() else ""
    yield f"The share of subjects with another risk group is given for each pair of masks{limits}."
    yield from _transfer(story)


def _transfer(story: Story) -> Iterator[str]:
    table = story.endpoint.drawing_transfer
    if table is None or table.empty:
        return
    trained = list(dict.fromkeys(table["trained"]))
    each = "each of " if len(trained) > 1 else ""
    metric = "the ROC area" if "roc_auc" in set(table["metric"]) else "Harrell's C"
    paired = ", with intervals from the same bootstrap samples" if table["loss_low"].notna().any() else ""
    yield (
        f"In the {counted(int(table['subjects'].iloc[0]), 'subject')} with masks of all readers, models were "
        f"fitted to the masks of {each}{listed(trained)} and used with those of the others; the loss is the "
        f"difference in {metric} from the same models with the masks that they were fitted to{paired}."
    )
