"""The synthetic cohort of two scanners: is the planted site effect removed, and the planted biology kept?

    python -m benchmarks.harmonised_scanners FOLDER --subjects 160

Two batch columns: the scanner, and who drew the tumour (reader A or B, whose errors differ). Everything is
measured on half of the subjects, by a ComBat that was fitted to the other half.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from nbradiomics import extract_cohort, make_cohort
from nbradiomics.harmonisation.combat import ComBat
from nbradiomics.harmonisation.site_effects import SiteEffects, measure_site_effects
from nbradiomics.harmonisation.site_settings import SiteEffectSettings

PARAMETERS = {
    "imageType": {"Original": {}},
    "setting": {"resampledPixelSpacing": [2, 2, 2], "interpolator": "sitkBSpline", "binCount": 32},
}
#: What the generator planted in each tumour.
BIOLOGY = ("heterogeneity", "necrotic_fraction", "volume_ml")


def features_of(folder: Path, subjects: int) -> pd.DataFrame:
    """Features of each subject from the mask of one reader, drawn at random; made once and stored."""
    stored = folder / "features.csv"
    if stored.exists():
        return pd.read_csv(stored)
    cohort = pd.read_csv(make_cohort(folder / "cohort", subjects=subjects))
    drawn = np.random.default_rng(0).choice(["A", "B"], subjects)
    reader = dict(zip(cohort["subject"].unique(), drawn, strict=True))
    cohort = cohort[cohort["reader"] == cohort["subject"].map(reader)]
    chosen = folder / "cohort" / "chosen.csv"
    cohort.to_csv(chosen, index=False)
    table = extract_cohort(chosen, params=PARAMETERS, jobs=1).table
    table.to_csv(stored, index=False)
    return table


def told(name: str, effects: SiteEffects, changed: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Print what is left of the batches, and of what was planted."""
    features = effects.features
    for (column, state), part in features.groupby(["batch_column", "state"], sort=False):
        rows = effects.separability.set_index(["batch_column", "state"]).loc[(column, state)]
        print(
            f"{name:10} {column:8} {state:7} significant {int((part['location_holm'] < 0.05).sum()):3} of "
            f"{len(part)}, share {part['location_share'].median():.3f}, shift "
            f"{part['largest_shift'].median():.2f}, balanced accuracy {rows['balanced_accuracy']:.2f}"
        )
    for trait in BIOLOGY:
        strongest = max(abs(spearmanr(changed[each], truth[trait])[0]) for each in changed)
        mean = np.mean([abs(spearmanr(changed[each], truth[trait])[0]) for each in changed])
        print(f"{name:10} {trait:18} strongest {strongest:.2f}, mean {mean:.2f}")


def main() -> None:
    """Measure the features as they are, after ComBat, and after nested ComBat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, default=160)
    options = parser.parse_args()
    table = features_of(options.folder, options.subjects)
    names = [name for name in table if str(name).startswith("original_") and "_shape_" not in str(name)]
    truth = pd.read_csv(options.folder / "cohort" / "truth.csv").set_index("subject")
    truth = truth.loc[table["subject"]].reset_index(drop=True)
    half = np.random.default_rng(1).permutation(len(table)) < len(table) // 2
    rest = table[~half].reset_index(drop=True)
    told_truth = truth[~half].reset_index(drop=True)
    combats = {"site": ComBat(batch="site"), "site+reader": ComBat(batch=["site", "reader"])}
    for trait in BIOLOGY:
        values = [abs(spearmanr(rest[each], told_truth[trait])[0]) for each in names]
        print(f"{'raw':10} {trait:18} strongest {max(values):.2f}, mean {np.mean(values):.2f}")
    for name, combat in combats.items():
        combat.set_params(features=names)
        effects = measure_site_effects(combat, table, SiteEffectSettings())
        changed = combat.fit(table[half]).transform(rest)
        told(name, effects, changed[names], told_truth)


if __name__ == "__main__":
    main()
