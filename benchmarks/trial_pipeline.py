"""The trial of cohorts whose truth is known, with the package's own evaluation from tables to verdict.

    python -m benchmarks.trial_pipeline --seeds 40 --out rows.csv

The cohorts are those of `benchmarks/trial_verdicts.py`, as feature tables: everything is done by
`evaluate_outcome` and `try_outcome`, with fixed penalties and few folds. A row is written for each cohort as
soon as it is done; a run that was stopped continues.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.trial_verdicts import ALL, SETS, Setting, censoring_scale, cohort
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, try_outcome

#: Cheap settings: a fixed ridge penalty, few folds and samples.
SETTINGS = OutcomeSettings(
    folds=2,
    repeats=2,
    refits=50,
    bootstraps=100,
    permutations=0,
    penalizer=0.1,
    l1_ratio=0.0,
    power_transform=False,
)
KNOWN = {
    "volume": Setting(600, 0.5, 1.2, 0.0),
    "texture": Setting(300, 0.5, 0.0, 1.2),
    "texture 0.8, 120 subjects, 60 events": ALL["texture 0.8, 120 subjects, 60 events"],
}


def tables(setting: Setting, scale: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Feature table, table of the shuffled control, and clinical table of one cohort."""
    sets, y = cohort(setting, setting.subjects, scale, np.random.default_rng([seed, 7]))
    subjects = [f"s{number:03}" for number in range(setting.subjects)]
    index = {"subject": subjects, "reader": "A", "engine": "native"}
    features = [
        pd.DataFrame({**index, "variant": variant, **_columns(sets[name])})
        for variant, name in (("original", SETS[0]), ("control-shuffled", SETS[1]))
    ]
    clinical = pd.DataFrame({"subject": subjects, "months": y["time"], "dead": y["event"].astype(int)})
    return features[0], features[1], clinical


def _columns(values: np.ndarray) -> dict[str, np.ndarray]:
    """The volume is lognormal, as volumes are; its copies are features of the intensities."""
    volume, *others = values.T
    named = {f"original_glcm_F{number}": column for number, column in enumerate(others)}
    return {"original_shape_MeshVolume": np.exp(9 + 0.3 * volume), **named}


def row(name: str, scale: float, seed: int) -> dict[str, object]:
    """What the trial of one cohort says."""
    start = time.process_time()
    features, controls, clinical = tables(KNOWN[name], scale, seed)
    result = evaluate_outcome(features, clinical, time="months", event="dead", reader="A", settings=SETTINGS)
    tried = try_outcome(result, controls)
    assert tried.trial is not None
    found = tried.trial.set_index("features")
    costs = {
        f"{control}_{column}": found.loc[control, column]
        for control in SETS[1:]
        for column in ("cost", "cost_low", "cost_high", "decision")
    }
    real = {f"real_{column}": found.loc["real", column] for column in ("value", "low", "high")}
    said = {"verdict": tried.summary["trial"]["verdict"], "permuted": tried.summary["trial"]["permuted_mean"]}
    return {"log hazard": name, "seed": seed, **real, **costs, **said, "seconds": time.process_time() - start}


def main() -> None:
    """Write the rows that are missing, and print how often each verdict was said."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=KNOWN, default=list(KNOWN)[:2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    done = pd.read_csv(options.out) if options.out.exists() else pd.DataFrame(columns=["log hazard", "seed"])
    scales = {name: censoring_scale(KNOWN[name]) for name in options.only}
    for seed in range(options.seeds):
        for name in options.only:
            if not ((done["log hazard"] == name) & (done["seed"] == seed)).any():
                one = pd.DataFrame([row(name, scales[name], seed)])
                one.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
    show(pd.read_csv(options.out))


def show(rows: pd.DataFrame) -> None:
    """Print the verdicts in short, and the costs."""
    for name, of in rows.groupby("log hazard", sort=False):
        said = of["verdict"].str.split(":").str[0].str.split(", but").str[0].value_counts()
        print(f"{name}: {len(of)} cohorts, {of['seconds'].mean():.0f} s of processor time each")
        for words, number in said.items():
            print(f"  {number}: {words}")
        for control in SETS[1:]:
            width = (of[f"{control}_cost_high"] - of[f"{control}_cost_low"]).mean()
            cost = of[f"{control}_cost"]
            print(f"  {control}: cost {cost.mean():.3f} (SD {cost.std():.3f}), width {width:.3f}")


if __name__ == "__main__":
    main()
