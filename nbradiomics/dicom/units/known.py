"""Units as DICOM writes them, and as the tables of this package name them."""

from __future__ import annotations

import re

HU, SUV = "HU", "SUV"
#: Unit of a diffusion coefficient by its code (UCUM) or its text, without marks and spaces.
_DIFFUSION = {
    "mm2/s": "mm2/s",
    "um2/s": "1e-6 mm2/s",
    "10-6mm2/s": "1e-6 mm2/s",
    "1e-6mm2/s": "1e-6 mm2/s",
    "x10-6mm2/s": "1e-6 mm2/s",
    "10-3mm2/s": "1e-3 mm2/s",
    "1e-3mm2/s": "1e-3 mm2/s",
    "x10-3mm2/s": "1e-3 mm2/s",
    "10-5mm2/s": "1e-5 mm2/s",
}
_OTHERS = {"hnsfu": HU, "hu": HU, "suvbwg/ml": SUV, "ms": "ms", "s": "s", "bq/ml": "Bq/ml"}


def known_unit(written: str) -> str:
    """Unit of a code or text; empty if it is not known, since the text may be anything."""
    plain = written.casefold().replace("²", "2").replace("⁻⁶", "-6").replace("µ", "u").replace("μ", "u")
    plain = re.sub(r"[^0-9a-z/-]", "", plain)
    return {**_DIFFUSION, **_OTHERS}.get(plain, "")
