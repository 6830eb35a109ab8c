"""Compare the models of a class with plain scikit-learn pipelines: real radiomics tables, the same folds.

    python -m benchmarks.classes FOLDER --repeats 2 --refits 100

`FOLDER` holds tables of features (``NAME.csv.gz``) with the columns ``ID`` and ``Target``. Our values are
those of the public `evaluate_outcome`; the pipelines are fitted to the training subjects of the same folds,
and judged by the same ROC area (pairs of subjects held out together).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from nbradiomics import Execution, OutcomeSettings, evaluate_outcome
from nbradiomics.messages.wording import concordance, interval
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.measures import harrell_c


def pipelines() -> dict[str, Pipeline]:
    """Plain pipelines of scikit-learn; nothing of them was chosen on these tables."""
    start = (SimpleImputer(strategy="median"), StandardScaler())
    ridge = LogisticRegressionCV(Cs=np.logspace(-4, 2, 13), cv=5, scoring="neg_log_loss", max_iter=2000)
    forest = RandomForestClassifier(500, random_state=0, n_jobs=1)
    ten = SelectKBest(f_classif, k=10)
    return {
        "ridge, tuned": make_pipeline(*start, ridge),
        "ten best, then logistic": make_pipeline(*start, ten, LogisticRegression(C=1.0, max_iter=2000)),
        "random forest": make_pipeline(*start, forest),
    }


def theirs(x: pd.DataFrame, y: np.ndarray, model: Pipeline, settings: OutcomeSettings) -> float:
    """ROC area of a pipeline, averaged over the repeats."""
    areas = []
    for folds in make_splits(y, settings):
        right = every = 0.0
        for train, test in folds:
            probability = model.fit(x.iloc[train], y[train]).predict_proba(x.iloc[test])[:, 1]
            pairs = float((y[test] == 1).sum() * (y[test] == 0).sum())
            right += pairs * harrell_c(2 - y[test], y[test], probability)
            every += pairs
        areas.append(right / every)
    return float(np.mean(areas))


def row(path: Path, settings: OutcomeSettings) -> str:
    """Return the table row of one cohort."""
    table = pd.read_csv(path)
    names = [name for name in table if name not in ("ID", "Target")]
    subjects = [f"s{place:04}" for place in range(len(table))]  # in order: the folds are the same
    features = table[names].select_dtypes("number").astype(float).assign(subject=subjects)
    y = table["Target"].astype(int).to_numpy()
    clinical = pd.DataFrame({"subject": subjects, "Target": y})
    chosen = [name for name in features if name != "subject"]
    start = time.process_time()
    result = evaluate_outcome(
        features,
        clinical,
        target="Target",
        feature_names=chosen,
        settings=settings,
        execution=Execution(jobs=1),
    )
    took = time.process_time() - start
    rows = result.performance.query("metric == 'roc_auc'").set_index("model")
    ours = interval(*rows.loc["radiomic", ["value", "low", "high"]], form=concordance)
    volume = concordance(rows.loc["volume", "value"]) if "volume" in rows.index else "-"
    x = features[chosen].replace([np.inf, -np.inf], np.nan)
    others = " | ".join(f"{theirs(x, y, model, settings):.2f}" for model in pipelines().values())
    name = path.name.removesuffix(".csv.gz")
    return f"| {name} | {len(y)} ({y.sum()}) | {len(chosen):,} | {ours} | {volume} | {others} | {took:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--refits", type=int, default=100)
    asked = parser.parse_args()
    settings = OutcomeSettings(folds=5, repeats=asked.repeats, refits=asked.refits)
    heads = ["cohort", "subjects (positive)", "features", "nbradiomics", "volume alone", *pipelines(), "s"]
    print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|")
    with threadpool_limits(limits=1):
        for path in sorted(asked.folder.glob("*.csv.gz")):
            print(row(path, settings), flush=True)


if __name__ == "__main__":
    main()
