"""How far the model's folds agree with each other: an early warning that needs no reader."""

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
#: Fewer images than this say little about a correlation.
_ENOUGH = 10
_SCAN = list(CASE[:3])
_NOTE = (
    "Agreement of the folds: mean Dice of every two folds of the model on the same image; variation: the "
    "standard deviation of the folds' volumes over their mean. Both need no reader. A low agreement calls "
    "for a look at the mask; a high one is no proof that it is right, since folds can err alike."
)


def certainty_blocks(run: Run) -> tuple[Block, ...]:
    """What the folds say of the automatic masks."""
    table = run.segmentation
    if table is None or table.empty:
        return ()
    if table["fold_dice"].isna().all():
        return (Text("The model has one fold, or no image could be segmented: nothing to compare."),)
    known = table[table["fold_dice"].notna()]
    low = known[known["fold_dice"] < LOW_AGREEMENT].sort_values("fold_dice")
    summary = (
        f"Over {counted(len(known), 'image')} the folds agree with a median Dice of "
        f"{quartiles(known['fold_dice'], form=ratio)}, and their volumes vary by "
        f"{quartiles(known['volume_cv'], form=amount)}. {_with_readers(known, run.agreement)}"
    )
    blocks: list[Block] = [Text(summary)]
    if not low.empty:
        blocks.append(_lowest(low))
    return (*blocks, Text(_NOTE, tone="note"))


def _with_readers(known: pd.DataFrame, agreement: pd.DataFrame | None) -> str:
    """Whether the folds' agreement predicts the agreement with the readers, where there are readers."""
    if agreement is None or not set(_SCAN) <= set(known):
        return ""
    rows = of_kind(agreement, AUTO_PAIR)  # an edited mask is anchored to the automatic one
    own = rows[(rows["reader"] == AUTO) & rows["dice"].notna()]
    both = known.merge(own.groupby(_SCAN, as_index=False)["dice"].mean(), on=_SCAN)
    if len(both) < _ENOUGH or both["dice"].nunique() < 2 or both["fold_dice"].nunique() < 2:
        return ""
    rho = float(spearmanr(both["fold_dice"], both["dice"]).statistic)
    return (
        f"In {len(both)} images that readers have drawn too, it goes along with the model's Dice against "
        f"them with a rank correlation (Spearman) of {number(rho)}."
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
