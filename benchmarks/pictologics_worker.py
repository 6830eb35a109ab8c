"""Run by `features.py` with an interpreter of its own that has pictologics: it needs Python 3.12.

    PYTHON pictologics_worker.py IMAGE MASK original|filters

For each line that it reads it extracts once and prints the seconds, reading of files left out. Its features
are those of the IBSI: the same families as PyRadiomics' classes, with GLCM and GLRLM merged over directions,
the neighbouring grey level dependence matrix in place of PyRadiomics' dependence matrix.
"""

import os
import sys
import time

os.environ["PICTOLOGICS_NUM_THREADS"] = "1"

import pictologics

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
    pipeline = pictologics.RadiomicsPipeline()
    # PyRadiomics' bins are multiples of their width.
    low = float(image.array[mask.array > 0].min() // 25 * 25)
    configs = configurations(sys.argv[3], low)
    for name, steps in configs.items():
        pipeline.add_config(name, steps)
    for _ in sys.stdin:
        start = time.perf_counter()
        found = pipeline.run(image=image, mask=mask, config_names=list(configs))
        seconds = time.perf_counter() - start
        print(seconds, sum(len(series) for series in found.values()), flush=True)


def configurations(kind: str, low: float) -> dict[str, list[dict[str, object]]]:
    """Steps of each image: the original, or with LoG 1 to 5 mm and the coif1 wavelet at 1 mm."""
    if kind == "original":
        return {"original": [bins(low), EXTRACT]}
    resample = {"step": "resample", "params": {"new_spacing": [1.0, 1.0, 1.0], "interpolation": "cubic"}}
    filters: dict[str, dict[str, object] | None] = {"original": None}
    for sigma in (1.0, 2.0, 3.0, 4.0, 5.0):
        filters[f"log-{sigma:g}"] = {"type": "log", "sigma_mm": sigma}
    for band in ("LLL", "LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH"):
        filters[f"wavelet-{band}"] = {
            "type": "wavelet",
            "wavelet": "coif1",
            "level": 1,
            "decomposition": band,
            "boundary": "periodic",
        }
    found: dict[str, list[dict[str, object]]] = {}
    for name, params in filters.items():
        # Of a filtered image nobody knows the lowest value beforehand; far enough below, empty bins cost little.
        steps = [resample, *([{"step": "filter", "params": params}] if params else [])]
        found[name] = [*steps, bins(low if params is None else -20_000.0), EXTRACT]
    return found


def bins(low: float) -> dict[str, object]:
    """Bins of width 25 from a multiple of 25."""
    return {"step": "discretise", "params": {"method": "FBS", "bin_width": 25.0, "min_val": low}}


if __name__ == "__main__":
    main()
