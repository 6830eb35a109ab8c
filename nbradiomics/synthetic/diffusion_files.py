"""Files and tables of the synthetic diffusion images."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.images.io import write_image
from nbradiomics.synthetic import diffusion as drawing
from nbradiomics.synthetic.case import DIFFUSION_NAMESPACE, PhantomCase, on_scanner, seed_of
from nbradiomics.synthetic.diffusion import (
    Diffusion,
    HabitatTruth,
    acquire_diffusion,
    diffusion_scanner,
    draw_adc,
    draw_habitats,
    place_habitats,
)


def diffusion_files(name: str, diffusion: Diffusion) -> list[str]:
    """Paths of a subject's files: the image of each channel, then the label map and the ADC map."""
    images = [f"diffusion/{name}_{channel}.nii.gz" for channel in diffusion.channels]
    return [*images, f"truth/{name}_habitats.nii.gz", f"truth/{name}_adc.nii.gz"]


def write_diffusion(
    case: PhantomCase, diffusion: Diffusion, place: tuple[int, int], name: str, folder: Path
) -> None:
    """Make the diffusion images of a subject and write them with the truth.

    Parameters
    ----------
    place
        Seed of the cohort, and index of the subject.
    """
    truth, rng = _drawn(*place)
    grid, mask = case.scanner.grid, sitk.GetArrayFromImage(case.mask) > 0
    habitats = place_habitats(truth, mask, grid, rng)
    adc = draw_adc(truth, habitats, case.signal, grid, rng)
    images = acquire_diffusion(case.signal, adc, case.scanner, diffusion, rng)
    acquiring = diffusion_scanner(case.scanner, diffusion)
    *files, label_file, adc_file = diffusion_files(name, diffusion)
    write_image(on_scanner(habitats, case.scanner), folder / label_file)
    write_image(on_scanner(adc.astype(np.float32), case.scanner), folder / adc_file)
    for image, file in zip(images, files, strict=True):
        write_image(on_scanner(image, acquiring), folder / file)


def habitat_truth(seed: int, index: int) -> dict[str, float]:
    """Return the columns of ``truth.csv``: share of the volume, and mean ADC in mm2/s, of each habitat."""
    truth, _ = _drawn(seed, index)
    shares = (truth.share, 1 - truth.share)
    return {
        **{f"habitat_{number}_share": share for number, share in enumerate(shares, start=1)},
        **{f"habitat_{number}_adc_mm2_s": adc for number, adc in enumerate(truth.adc, start=1)},
    }


def _drawn(seed: int, index: int) -> tuple[HabitatTruth, np.random.Generator]:
    rng = np.random.default_rng(seed_of(DIFFUSION_NAMESPACE, seed, index))
    return draw_habitats(rng), rng


def describe_diffusion(diffusion: Diffusion | None) -> dict[str, Any] | None:
    """Describe acquisition and truth for ``truth.json``; lists as JSON reads them again."""
    if diffusion is None:
        return None
    acquisition = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(diffusion).items()
    }
    return {
        **acquisition,
        "units": {"b_values": "s/mm2", "adc": "mm2/s", "spacing": "mm", "shift": "mm"},
        "habitats": list(drawing.HABITATS),
        "mean_adc": list(drawing.MEAN_ADC),
        "sd_between_subjects": drawing.BETWEEN_SUBJECTS,
        "sd_within_habitat": drawing.WITHIN,
        "range_of_share_of_habitat_1": list(drawing.SHARE),
    }
