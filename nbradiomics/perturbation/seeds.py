"""Random numbers that depend on a seed and on names alone, never on paths, order or processes."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def seed_of(seed: int, *names: str | int) -> int:
    """Make the seed of a scan or of a mask from the seed of a study and the names of the scan or mask.

    Parameters
    ----------
    seed
        Seed of the study, from 0.
    *names
        For an image: subject, timepoint, sequence; for a mask also region, reader and reading.

    Returns
    -------
    int
        64 bits of a SHA-256 hash, so that similar names give unrelated numbers.
    """
    text = json.dumps([seed, *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Random generator of one step of one variant, independent of all other steps and variants."""
    return np.random.Generator(np.random.PCG64(seed_of(seed, *names)))
