"""Make `combat_witness.json`: tables harmonised by neuroCombat 0.2.12 and sva 3.46.0 (R).

    python combat_witness.py PATH_OF_NEUROCOMBAT combat_witness.json

Run where Rscript with sva is installed, with the folder that contains neuroCombat. Two things are changed
for neuroCombat: `numpy.int`, which it uses and which no longer exists, is there; and for the values
`converged`, its iteration stops at a relative change of 1e-13 instead of 1e-4.
"""

import contextlib
import importlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

FEATURES = 8
DIGITS = 11
DESIGNS = {
    "two": {"sizes": (14, 17)},
    "three_covariates": {"sizes": (12, 15, 9), "continuous": ["age"], "categorical": ["stage"]},
    "four_continuous": {"sizes": (8, 10, 13, 7), "continuous": ["age"]},
    "four_categorical": {"sizes": (12, 10, 13, 9), "categorical": ["stage"]},
    "mean_only": {"sizes": (12, 15, 9), "continuous": ["age"], "mean_only": True},
    "reference": {"sizes": (12, 15, 9), "continuous": ["age"], "categorical": ["stage"], "ref_batch": "B"},
    "reference_mean_only": {"sizes": (14, 17), "ref_batch": "A", "mean_only": True},
    "non_parametric": {"sizes": (12, 15, 9), "continuous": ["age"], "parametric": False},
    "non_parametric_mean_only": {"sizes": (12, 15), "parametric": False, "mean_only": True},
    "non_parametric_reference": {"sizes": (12, 9), "parametric": False, "ref_batch": "B"},
    "no_eb": {"sizes": (12, 15, 9), "continuous": ["age"], "categorical": ["stage"], "eb": False},
    "no_eb_mean_only": {"sizes": (12, 15), "eb": False, "mean_only": True},
    "no_eb_reference": {"sizes": (12, 15), "eb": False, "ref_batch": "A"},
}
OPTIONS = ("mean_only", "ref_batch", "parametric", "eb")


def table(sizes: tuple[int, ...], seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    site = np.repeat(list("ABCD")[: len(sizes)], sizes)
    number = len(site)
    # Whole ages: neuroCombat reads numbers with 7 digits.
    found = pd.DataFrame({"site": site, "age": random.integers(1, 15, number).astype(float)})
    found["stage"] = random.choice(["1", "2", "3"], number)
    values = random.normal(size=(number, FEATURES)) * random.uniform(0.5, 20, FEATURES)
    values += found[["age"]].to_numpy() * random.normal(size=FEATURES)
    values += (found["stage"] == "2").to_numpy()[:, None] * random.normal(size=FEATURES)
    for name in np.unique(site):
        rows = site == name
        values[rows] = values[rows] * random.uniform(0.6, 1.8, FEATURES) + random.normal(1, 3, FEATURES)
    return found.join(pd.DataFrame(values.round(6)).add_prefix("original_firstorder_F"))


def harmonised(found: pd.DataFrame, design: dict) -> list:
    from neuroCombat import neuroCombat

    features = [name for name in found if name.startswith("original")]
    with contextlib.redirect_stdout(io.StringIO()):
        result = neuroCombat(
            found[features].to_numpy().T,
            found[["site", "age", "stage"]],
            "site",
            continuous_cols=design.get("continuous"),
            categorical_cols=design.get("categorical"),
            **{name: design[name] for name in OPTIONS if name in design},
        )
    return result["data"].T.round(DIGITS).tolist()


def harmonised_by_sva(found: pd.DataFrame, design: dict) -> list | None:
    """The same by sva, which always shrinks."""
    if not design.get("eb", True):
        return None
    covariates = "+".join([*design.get("continuous", []), *design.get("categorical", [])]) or "-"
    settings = [str(design.get("parametric", True)).upper(), str(design.get("mean_only", False)).upper()]
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.csv", Path(folder) / "out.csv"
        found.to_csv(given, index=False)
        script = Path(__file__).with_name("sva_witness.R")
        arguments = [given, made, *settings, design.get("ref_batch") or "-", covariates]
        subprocess.run(["Rscript", script, *arguments], check=True, capture_output=True)
        return pd.read_csv(made).to_numpy().round(DIGITS).tolist()


def main() -> None:
    sys.path.append(sys.argv[1])
    np.int = int  # noqa: NPY001
    module = importlib.import_module("neuroCombat.neuroCombat")

    witness = {}
    for seed, (name, design) in enumerate(DESIGNS.items()):
        found = table(design["sizes"], seed)
        entry = {"design": {key: value for key, value in design.items() if key != "sizes"}}
        entry["table"] = found.to_dict("list")
        entry["harmonised"] = harmonised(found, design)
        published = module.it_sol.__defaults__
        module.it_sol.__defaults__ = (1e-13,)
        entry["converged"] = harmonised(found, design)
        entry["sva"] = harmonised_by_sva(found, design)
        module.it_sol.__defaults__ = published
        witness[name] = entry
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(witness, file)


if __name__ == "__main__":
    main()
