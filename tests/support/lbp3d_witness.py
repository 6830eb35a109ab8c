"""PyRadiomics' 3-D local binary patterns, for `tests/features/native/test_binary_patterns_3d.py`.

PyRadiomics 3.1.4 makes them only with trimesh and a SciPy before 1.17. In an environment with these (SciPy
1.15.3, trimesh 4.12.2):

    python tests/support/lbp3d_witness.py
"""

import numpy as np
import SimpleITK as sitk


def case(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """A small image and region, axes z, y, x, the same in every environment."""
    z, y, x = np.indices((6, 7, 8))
    image = (40 * np.sin(1.7 * z + 0.3 * x) + 30 * np.cos(1.1 * y * x) + 3 * z * y).astype(dtype)
    inside = (np.abs(z - 2.5) < 2) & (np.abs(y - 3) < 2) & ((x + y + z) % 3 == 0)
    return image, inside


if __name__ == "__main__":
    from radiomics import imageoperations

    for dtype in (np.float32, np.int16):
        image, inside = case(dtype)
        pair = sitk.GetImageFromArray(image), sitk.GetImageFromArray(inside.astype(np.uint8))
        for values, name, _ in imageoperations.getLBP3DImage(*pair, label=1):
            found = sitk.GetArrayFromImage(values)[inside]
            print(dtype.__name__, name, len(found), [float(value) for value in found[:6]], float(found.sum()))  # noqa: T201
