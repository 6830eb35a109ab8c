"""Agreement of the model's folds with each other: an early warning that needs no reader."""

from __future__ import annotations

import pandas as pd
from scipy.stats import spearmanr

from nbradiomics.agreement.pairs import AUTO_PAIR
from nbradiomics.messages.wording import MISSING, amount, counted, number, ratio
from nbradiomics.report.agreement_rows import of_kind
from nbradiomics.report.content import Block, Table, Text
from nbradiomics.report.formatting import quartiles
from nbradiomics.report.run_files import CASE, Run
from nbradiomics.segmentation.prediction.uncertainty import LOW_AGREEMENT
from nbradiomics.tables import AUTO

_SHOWN = 10
#: Smallest number of images for which a correlation is reported.
_ENOUGH = 10
_SCAN = list(CASE[:3])
_NOTE = (
    "Agreement of the folds: mean Dice over all pairs of folds of the model on the same image. Variation: "
    "standard deviation of the folds' volumes divided by their mean. Neither needs a reader. Look at the "
    "mask if the agreement is low. A high agreement does not prove that the mask is right, because folds can "
    "make the same error."
)


def certainty_blocks(run: Run) -> tuple[Block, ...]:
    """Agreement of the folds on the automatic masks."""
    table = run.segmentation
    if table is None or table.empty:
        return ()
    if table["fold_dice"].isna().all():
        return (
            Text(
                "The model has only one fold, or no image could be segmented: there are no folds to compare."
            ),
        )
    known = table[table["fold_dice"].notna()]
    low = known[known["fold_dice"] < LOW_AGREEMENT].sort_values("fold_dice")
    summary = (
        f"Over {counted(len(known), 'image')} the agreement of the folds is a median Dice of "
        f"{quartiles(known['fold_dice'], form=ratio)}; the median variation of their volumes is "
        f"{quartiles(known['volume_cv'], form=amount)}. {_with_readers(known, run.of_lesions)}"
    )
    blocks: list[Block] = [Text(summary)]
    if not low.empty:
        blocks.append(_lowest(low))
    return (*blocks, Text(_NOTE, tone="note"))


def _with_readers(known: pd.DataFrame, agreement: pd.DataFrame | None) -> str:
    """Say whether the folds' agreement predicts the agreement with the readers, if there are readers."""
    if agreement is None or not set(_SCAN) <= set(known):
        return ""
    rows = of_kind(agreement, AUTO_PAIR)  # an edited mask depends on the automatic one
    model_rows = rows[(rows["reader"] == AUTO) & rows["dice"].notna()]
    both = known.merge(model_rows.groupby(_SCAN, as_index=False)["dice"].mean(), on=_SCAN)
    if len(both) < _ENOUGH or both["dice"].nunique() < 2 or both["fold_dice"].nunique() < 2:
        return ""
    rho = float(spearmanr(both["fold_dice"], both["dice"]).statistic)
    return (
        f"In the {len(both)} images that readers also drew, the agreement of the folds and the model's Dice "
        f"against the readers have a rank correlation (Spearman) of {number(rho)}."
    )


def _lowest(low: pd.DataFrame) -> Table:
    names = [name for name in _SCAN if name in low]
    rows = tuple(
        (
            " · ".join(str(row[name]) for name in names),
            ratio(row["fold_dice"], beside=(LOW_AGREEMENT,)),
            amount(row["volume_cv"]),
            number(row["volume_ml"], 1) if row["status"] != "empty" else f"{MISSING} (empty)",
        )
        for row in low.head(_SHOWN).to_dict("records")
    )
    more = f", the lowest {_SHOWN} of {len(low)}" if len(low) > _SHOWN else ""
    return Table(
        ("Image", "Agreement of folds (Dice)", "Variation of volume", "Volume (ml)"),
        rows,
        caption=f"Images to look at: agreement of the folds below {LOW_AGREEMENT}{more}",
    )
