"""Features of a synthetic cohort, the same after shuffling, and an outcome by volume or texture."""

from __future__ import annotations

import numpy as np
import pandas as pd

VOLUME = "original_shape_MeshVolume"


def trial_tables(
    seed: int, *, subjects: int = 80, volume: float = 0.0, texture: float = 0.0, textures: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Real features, those of the control ``shuffled``, and the clinical table."""
    rng = np.random.default_rng(seed)
    size, signal = rng.normal(size=(2, subjects))
    index = {"subject": [f"s{number:03}" for number in range(subjects)], "reader": "A", "engine": "native"}
    kept = {VOLUME: np.exp(8 + 0.5 * size), "original_shape_Sphericity": rng.normal(size=subjects)}
    kept["original_firstorder_Mean"] = rng.normal(size=subjects)
    real, shuffled = dict(kept), dict(kept)
    for number in range(textures):
        noise = rng.normal(size=(2, subjects))
        real[f"original_glcm_T{number}"] = 0.5 * size + signal + 0.3 * noise[0]
        shuffled[f"original_glcm_T{number}"] = 0.5 * size + noise[1]
    time = rng.exponential(np.exp(-(volume * size + texture * signal)))
    end = rng.exponential(np.quantile(time, 0.75) * 1.5, size=subjects)
    clinical = pd.DataFrame({"subject": index["subject"], "months": np.minimum(time, end) + 1e-6})
    clinical["dead"] = (time <= end).astype(int)
    return (
        pd.DataFrame({**index, "variant": "original", **real}),
        pd.DataFrame({**index, "variant": "control-shuffled", **shuffled}),
        clinical,
    )
