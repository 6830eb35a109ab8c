"""Worker of `features.py`, run by a separate interpreter with pictologics, which needs Python 3.12.

    PYTHON pictologics_worker.py IMAGE MASK original|filters

For each input line it extracts once and prints the seconds, without the time to read files. Its features are
those of the IBSI: the same families as PyRadiomics' classes, with GLCM and GLRLM merged over directions, and
the neighbouring grey level dependence matrix instead of PyRadiomics' dependence matrix.
"""

import os
import sys
import time
from typing import Any

os.environ["PICTOLOGICS_NUM_THREADS"] = "1"

import pictologics

Step = dict[str, Any]
FAMILIES = ["intensity", "morphology", "glcm", "glrlm", "glszm", "ngtdm", "ngldm"]
EXTRACT = {
    "step": "extract_features",
    "params": {
        "families": FAMILIES,
        "include_spatial_intensity": False,
        "include_local_intensity": False,
    },
}


def main() -> None:
    """Extract once for each line of the input."""
    image, mask = (pictologics.load_image(path) for path in sys.argv[1:3])
    images = steps_of(sys.argv[3])
    # PyRadiomics' bins start at a multiple of their width; a first run finds the lowest value of each image.
    lowest = run(image, mask, {name: [*steps, *measured(-20_000.0)] for name, steps in images.items()})
    configs = {
        name: [*steps, *measured(float(lowest[name].filter(like="minimum_intensity").iloc[0] // 25 * 25))]
        for name, steps in images.items()
    }
    for _ in sys.stdin:
        start = time.perf_counter()
        found = run(image, mask, configs)
        seconds = time.perf_counter() - start
        print(seconds, sum(len(series) for series in found.values()), flush=True)


def run(image: pictologics.Image, mask: pictologics.Image, configs: dict[str, list[Step]]) -> dict[str, Any]:
    """Extract from all images at once, so that shared steps are done once."""
    pipeline = pictologics.RadiomicsPipeline()
    for name, steps in configs.items():
        pipeline.add_config(name, steps)
    return dict(pipeline.run(image=image, mask=mask, config_names=list(configs)))


def steps_of(kind: str) -> dict[str, list[Step]]:
    """Return the steps for each image: the original, or with LoG 1 to 5 mm and the coif1 wavelet at 1 mm."""
    if kind == "original":
        return {"original": []}
    resample = {"step": "resample", "params": {"new_spacing": [1.0, 1.0, 1.0], "interpolation": "cubic"}}
    filters: dict[str, Step] = {
        f"log-{sigma:g}": {"type": "log", "sigma_mm": sigma} for sigma in (1.0, 2.0, 3.0, 4.0, 5.0)
    }
    for band in ("LLL", "LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH"):
        wavelet = {"wavelet": "coif1", "level": 1, "decomposition": band, "boundary": "periodic"}
        filters[f"wavelet-{band}"] = {"type": "wavelet", **wavelet}
    filtered = {name: [resample, {"step": "filter", "params": params}] for name, params in filters.items()}
    return {"original": [resample], **filtered}


def measured(low: float) -> list[Step]:
    """Return the steps for bins of width 25 from `low` on, and for the features."""
    bins = {"method": "FBS", "bin_width": 25.0, "min_val": low}
    return [{"step": "discretise", "params": bins}, EXTRACT]


if __name__ == "__main__":
    main()
