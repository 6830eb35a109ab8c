"""Check which parts are installed and working, and say how to repair the others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from nbradiomics.features.parameters.names import REPRODUCED

_INSTALL = "Install again: pip install -c constraints.txt nbradiomics"
_PYRADIOMICS = (
    "Features need no PyRadiomics; `verify` and the engine `pyradiomics` do. Install a C compiler, then: "
    f"pip install pyradiomics-bhklab=={REPRODUCED}"
)


@dataclass(frozen=True)
class Part:
    """A part of the installation and its state.

    Attributes
    ----------
    name
        Name of the part.
    state
        ``ok``, ``missing`` (optional and absent) or ``broken``.
    detail
        Version and device, or what went wrong.
    remedy
        What to do; empty when the part works.
    """

    name: str
    state: Literal["ok", "missing", "broken"]
    detail: str
    remedy: str = ""


def check_installation() -> list[Part]:
    """Try each part on a small example, and report its state.

    Examples
    --------
    >>> [part.name for part in check_installation() if part.state == "broken"]
    []
    """
    checks: list[tuple[str, Callable[[], str], str]] = [
        ("Python", _python, "Use Python 3.11, 3.12 or 3.13."),
        ("features", _features, _INSTALL),
        ("PyRadiomics", _pyradiomics, _PYRADIOMICS),
        ("torch", _torch, "Install the version of torch that constraints.txt pins."),
        ("nnU-Net and demo model", _nnunet, _INSTALL),
        ("lifelines", _lifelines, _INSTALL),
        ("report", _report, _INSTALL),
    ]
    return [_examine(name, check, remedy) for name, check, remedy in checks]


def _examine(name: str, check: Callable[[], str], remedy: str) -> Part:
    try:
        return Part(name, "ok", check())
    except _AbsentError as error:
        return Part(name, "missing", str(error), remedy)
    except Exception as error:  # one broken part must not prevent the checks of the others
        return Part(name, "broken", f"{type(error).__name__}: {error}", remedy)


def _python() -> str:
    current = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise RuntimeError(f"Python {current} is not supported")
    return current


class _AbsentError(Exception):
    """An optional part is not installed."""


def _pyradiomics() -> str:
    try:
        import radiomics  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "radiomics":
            raise
        raise _AbsentError("not installed") from error
    return f"pyradiomics-bhklab {version('pyradiomics-bhklab')}"


def _features() -> str:
    import numpy as np
    import SimpleITK as sitk

    from nbradiomics.features import extract_features

    array = np.arange(125, dtype=np.float32).reshape(5, 5, 5)
    mask = np.zeros((5, 5, 5), np.uint8)
    mask[1:4, 1:4, 1:4] = 1
    image, region = sitk.GetImageFromArray(array), sitk.GetImageFromArray(mask)
    features = extract_features(image, region, params={"featureClass": {"firstorder": ["Mean"]}})
    if features["original_firstorder_Mean"] != 62.0:
        raise RuntimeError(f"the mean of a test image is {features['original_firstorder_Mean']}, not 62")
    return f"native engine, values of PyRadiomics {REPRODUCED}"


def _torch() -> str:
    import torch

    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return f"{torch.__version__} on {device}"


def _nnunet() -> str:
    import numpy as np
    import SimpleITK as sitk

    from nbradiomics.segmentation.model import load_model
    from nbradiomics.segmentation.store import bundled_models

    name = bundled_models()[0]
    image = sitk.GetImageFromArray(np.random.default_rng(0).random((16, 32, 32), dtype=np.float32))
    image.SetSpacing((2.0, 2.0, 4.0))
    load_model(name).predict(image)
    return f"nnunetv2 {version('nnunetv2')}, model {name}"


def _lifelines() -> str:
    from lifelines.utils import concordance_index

    if concordance_index([1, 2, 3], [1, 2, 3]) != 1.0:
        raise RuntimeError("the C-index of a perfect ranking is not 1")
    return version("lifelines")


def _report() -> str:
    import jinja2
    import matplotlib as mpl

    return f"jinja2 {jinja2.__version__}, matplotlib {mpl.__version__}"
