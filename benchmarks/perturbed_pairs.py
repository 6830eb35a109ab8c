"""Do perturbed masks ask for the same agreement as real readers do?

    python -m benchmarks.perturbed_pairs --lidc ../shared/data/lidc --out FOLDER

Needed Dice of the shape features of 151 lung nodules from three kinds of pairs: two real readers; a mask and
a simulated reader who draws it again (chain S); a mask and the same mask grown or shrunk (chain V). The limit
of each feature is the same for all three: that of the real readers (ICC of 0.9), so that only the differences
at a Dice can make the answers differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.agreement.perturbed_cohort import compare_with_variants
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.perturbation import Chain
from nbradiomics.perturbation.cohort import perturb_cohort
from nbradiomics.reproducibility.needed_agreement import needed_agreement

SHAPE = {"imageType": {"Original": {}}, "featureClass": {"shape": None}}
VOLUMES = (-0.3, -0.15, 0.15, 0.3)


def needed(
    features: pd.DataFrame, pairs: pd.DataFrame, kind: str, limits: pd.DataFrame | None
) -> pd.DataFrame:
    """Needed Dice of each feature from one kind of pair."""
    result = needed_agreement(features, pairs, repeatability=limits, metrics=("dice",), pairs=(kind,))
    assert result.left_out.empty, result.left_out
    return result.table.set_index("feature")


def cell(row: pd.Series) -> str:
    """A needed Dice with its interval and the share of pairs within the limit."""
    limits = " to ".join("..." if pd.isna(row[name]) else f"{row[name]:.2f}" for name in ("low", "high"))
    value = "nowhere" if row["reached"] == "nowhere" else f"{row['needed']:.2f}"
    word = "at most " if row["reached"] == "everywhere" else ""
    return f"{word}{value} ({limits}); {100 * row['within']:.0f} %"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lidc", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="new folder for the simulated readers' masks")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cohort = options.lidc / "cohort.csv"
    options.out.mkdir(parents=True, exist_ok=True)
    chain = options.out / "chain.yaml"
    chain.write_text("readers: 2\n", encoding="utf-8")
    done = perturb_cohort(cohort, out=options.out, chain=str(chain), seed=options.seed)
    print(done.disagreement, f"{len(done.table)} masks, {len(done.failures)} failures")
    simulated = extract_cohort(done.cohort, params=SHAPE).table
    pairs = compare_cohort(done.cohort).table
    grown = Chain(volume=VOLUMES).variants()
    grown_features = extract_cohort(cohort, params=SHAPE, variants=grown, seed=options.seed).table
    grown_pairs = compare_with_variants(cohort, grown, seed=options.seed).table
    originals = simulated[simulated["variant"] == "original"]
    real = pairs[pairs["variant"] == "original"]
    first = needed(originals, real, "inter", None)
    limits = first.reset_index()[["feature", "limit"]].rename(columns={"limit": "rc"})
    found = {
        "two readers": needed(originals, real, "inter", limits),
        "simulated reader": needed(simulated, pairs, "perturbed", limits),
        "grown or shrunk": needed(grown_features, grown_pairs, "perturbed", limits),
    }
    dice = {"two readers": real["dice"], "simulated reader": pairs.loc[pairs["pair"] == "perturbed", "dice"]}
    dice["grown or shrunk"] = grown_pairs.loc[grown_pairs["pair"] == "perturbed", "dice"]
    for name, values in dice.items():
        print(name, len(values), values.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).round(3).tolist())
    print("| feature | " + " | ".join(found) + " |")
    for feature in first.sort_values("needed").index:
        cells = " | ".join(cell(table.loc[feature]) for table in found.values())
        print(f"| {feature.removeprefix('original_shape_')} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
