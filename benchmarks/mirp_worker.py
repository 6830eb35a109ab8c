"""Worker of `mirp_witness.py`, run by a separate interpreter with MIRP 2.7, which needs pandas 3.

    PYTHON mirp_worker.py OUT IMAGE:MASK ...

For each pair it writes perturbed images and masks as ``OUT/CASE_NUMBER.npz``, and the estimated noise.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from mirp import extract_images
from mirp.data_import.import_image import import_image

ANGLES, SHIFTS, VOLUMES = [-10.0, 10.0], [0.25], [-0.15, 0.15]
#: Cubic splines without smoothing before them, as ours.
SAME: dict[str, Any] = {"spline_order": 3, "anti_aliasing": False}
RUNS: list[dict[str, Any]] = [
    {"perturbation_rotation_angles": ANGLES},
    {"perturbation_translation_fraction": SHIFTS},
    {"perturbation_roi_adapt_type": "fraction", "perturbation_roi_adapt_size": VOLUMES},
    {
        "perturbation_rotation_angles": ANGLES,
        "perturbation_translation_fraction": SHIFTS,
        "perturbation_roi_adapt_type": "fraction",
        "perturbation_roi_adapt_size": VOLUMES,
    },
]


def main() -> None:
    """Write every variant of every case."""
    out = Path(sys.argv[1])
    for pair in sys.argv[2:]:
        image, mask = pair.split(":")
        (loaded,) = import_image(image, image_modality="mr")[0].to_object()
        noise = loaded.estimate_noise(method="chang")
        number = 0
        for run, options in enumerate(RUNS):
            found = extract_images(
                image=image,
                mask=mask,
                image_modality="mr",
                image_export_format="dict",
                write_images=False,
                export_images=True,
                num_cpus=1,
                **SAME,
                **options,
            )
            for images, masks in found:
                for one, other in zip(
                    images * len(masks) if len(images) == 1 else images, masks, strict=True
                ):
                    np.savez_compressed(
                        out / f"{Path(image).name.removesuffix('_image.nii.gz')}_{number:02d}.npz",
                        run=run,
                        noise=noise,
                        image=one["image"],
                        mask=other["mask"],
                        spacing=one["image_spacing"],
                        origin=one["image_origin"],
                        orientation=one["image_orientation"],
                        rotation=one.get("rotation") or 0.0,
                        translation=np.zeros(3) if one.get("translation") is None else one["translation"],
                        volume=other.get("mask_alteration_size") or 0.0,
                    )
                    number += 1


if __name__ == "__main__":
    main()
