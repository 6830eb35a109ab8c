"""The native engine computes without PyRadiomics, and what needs PyRadiomics says so."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.compliance.verify import verify
from tests.support.native_cases import CASES

#: Extracts with every image type and prints the features; its argument says whether imports are blocked.
_PROGRAM = """
import json, sys, warnings

BLOCKED = ("radiomics", "pykwalify", "trimesh") if sys.argv[1] == "blocked" else ()
sys.modules.update(dict.fromkeys(BLOCKED))

import nbradiomics
from nbradiomics.features import extract_features
from tests.support.native_cases import CASES

TYPES = {
    "Original": {}, "Square": {}, "SquareRoot": {}, "Logarithm": {}, "Exponential": {}, "Gradient": {},
    "LoG": {"sigma": [2.0]}, "Wavelet": {}, "LBP2D": {"binWidth": 1}, "LBP3D": {"binWidth": 1},
}
CLASSES = {"shape": None, "firstorder": None, "glcm": ["Contrast"], "glszm": ["ZoneEntropy"]}
STEPS = [
    {"resampledPixelSpacing": [1.5, 1.5, 1.5], "normalize": True, "normalizeScale": 100, "removeOutliers": 3},
    {"preCrop": True, "resegmentRange": [-2, 2], "resegmentMode": "sigma", "binCount": 16},
]
values = {}
for number, setting in enumerate(STEPS):
    params = {"setting": setting, "imageType": TYPES, "featureClass": CLASSES}
    found = extract_features(*CASES["anisotropic"](), params=params)
    values |= {f"{number} {name}": float(value).hex() for name, value in found.items()}
loaded = [name for name in sys.modules if name.split(".")[0] == "radiomics" and sys.modules[name]]
print(json.dumps({"values": values, "loaded": loaded}))
"""


def _run(how: str) -> dict[str, dict[str, str]]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.slow
def test_every_image_type_has_the_same_values_without_pyradiomics() -> None:
    without, usual = _run("blocked"), _run("usual")
    assert without["values"] == usual["values"]
    assert len(without["values"]) > 700
    assert without["loaded"] == usual["loaded"] == []
    assert not any(value == "nan" for value in without["values"].values())


def test_what_needs_pyradiomics_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "radiomics", None)
    image, mask = CASES["anisotropic"]()
    params = {"featureClass": {"firstorder": ["Mean"]}}
    for call in (
        lambda: verify(image, mask, params=params),
        lambda: extract_features(image, mask, params=params, engine="pyradiomics"),
    ):
        with pytest.raises(InputError, match=r"cannot be imported.*pip install pyradiomics-bhklab"):
            call()
    assert extract_features(image, mask, params=params).notna().all()
