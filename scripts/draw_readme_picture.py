"""Draw the README's picture: a real tumour with the expert's contour and two simulated readers.

    python scripts/draw_readme_picture.py ../shared/data docs/images/readers.png

The image is STS_017 of the TCIA Soft-tissue-Sarcoma collection (Vallieres et al. 2015,
10.7937/K9/TCIA.2015.7GO2GSKS, CC BY 3.0). The readers beside the expert are those of
`tests/workflows/test_real_data.py`.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from nbradiomics.report.content import Key
from nbradiomics.report.figures.slices import Slice, draw_slice, largest_slice
from nbradiomics.synthetic import Reader, draw_contour

SUBJECT = "STS_017"
SIMULATED = {"simulated 1": Reader("1", 0.5, 1.0), "simulated 2": Reader("2", -0.5, 1.0)}
LEGEND = (
    Key("expert", "#D55E00", "solid", heavy=True),
    Key("simulated 1", "#56B4E9", "solid"),
    Key("simulated 2", "#F0E442", "solid"),
)


def main(data: Path, out: Path) -> None:
    """Draw the slice with the largest area."""
    folder = data / "sts_mr"
    image = sitk.ReadImage(str(folder / f"{SUBJECT}_image.nii.gz"))
    expert = sitk.ReadImage(str(folder / f"{SUBJECT}_mask.nii.gz"))
    drawn = {
        name: draw_contour(expert, reader, seed) for seed, (name, reader) in enumerate(SIMULATED.items())
    }
    masks = {name: sitk.GetArrayFromImage(mask) > 0 for name, mask in {"expert": expert, **drawn}.items()}
    index = largest_slice(masks, image.GetSize()[2])
    picture = draw_slice(
        Slice(
            sitk.GetArrayFromImage(image)[index].astype(float),
            {name: mask[index] for name, mask in masks.items()},
            image.GetSpacing()[:2],
            ("L", "P"),
        ),
        LEGEND,
        alt="",
        caption=(),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(base64.b64decode(picture.source.split(",", 1)[1]))
    print(out, np.round(image.GetSpacing(), 2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
