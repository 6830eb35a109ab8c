"""Make `combat_witness.json`: tables harmonised by neuroCombat 0.2.12, with which `ComBat` is compared.

    python combat_witness.py PATH_OF_NEUROCOMBAT combat_witness.json

Run where neuroCombat 0.2.12 is installed, or with the folder that contains it. Two things are
changed: `numpy.int`, which it uses and which no longer exists, is there; and for the values `converged`, its
iteration stops at a relative change of 1e-13 instead of 1e-4.
"""

import contextlib
import importlib
import io
import json
import sys

import numpy as np
import pandas as pd

FEATURES = 8
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
    return result["data"].T.tolist()


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
        module.it_sol.__defaults__ = published
        witness[name] = entry
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(witness, file)


if __name__ == "__main__":
    main()
