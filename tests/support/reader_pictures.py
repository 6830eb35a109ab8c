"""What the tests of reader pictures share."""

from __future__ import annotations

import base64
import io

import numpy as np
from matplotlib.image import imread

from nbradiomics.report.content import Picture


def pixels_of(picture: Picture) -> np.ndarray:
    return imread(io.BytesIO(base64.b64decode(picture.source.split(",")[1])), format="png")
