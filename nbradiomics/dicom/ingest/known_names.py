"""Names of manufacturers, scanners and kernels that identify nobody; other texts of a header are free."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbradiomics.dicom.pseudonyms import Pseudonyms

#: Modalities of images and other objects, as defined by DICOM.
MODALITIES = frozenset(
    {"CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "US", "XA", "RF", "SC", "SEG", "RTSTRUCT", "RTDOSE"}
    | {"RTPLAN", "RTIMAGE", "REG", "PR", "SR", "KO", "DOC", "FID", "ECG"}
)
#: Manufacturer by a word in its name.
_VENDORS = {
    "siemens": "Siemens",
    "ge": "GE",
    "philips": "Philips",
    "toshiba": "Canon",
    "canon": "Canon",
    "hitachi": "Hitachi",
    "fujifilm": "Fujifilm",
    "uih": "United Imaging",
    "united imaging": "United Imaging",
    "neusoft": "Neusoft",
    "esaote": "Esaote",
    "mediso": "Mediso",
    "samsung": "Samsung",
    "neurologica": "Samsung",
    "hyperfine": "Hyperfine",
    "bruker": "Bruker",
    "shimadzu": "Shimadzu",
    "picker": "Philips",
    "marconi": "Philips",
    "adac": "Philips",
    "cti": "Siemens",
    "cps": "Siemens",
}
_MODELS = """
Aera|Altea|Amira|Avanto|Avanto_fit|Biograph mMR|Biograph_mMR|Cima.X|Connectom|Espree|Essenza|Free.Max
Free.Star|Harmony|Impact|Lumina|MAGNETOM Vida|MAGNETOM Sola|Prisma|Prisma_fit|Skyra|Skyra_fit|Sola|Sonata
Spectra|Symphony|SymphonyTim|Terra|Trio|TrioTim|Verio|Vida|Allegra|Magnetom Vision|NUMARIS/4|Artist
Architect|DISCOVERY MR450|DISCOVERY MR750|DISCOVERY MR750w|GENESIS_SIGNA|Optima MR360|Optima MR450w
Signa Artist|Signa Architect|Signa Excite|Signa Explorer|Signa HDx|Signa HDxt|Signa Hero|SIGNA PET/MR
Signa Pioneer|Signa Premier|Signa Voyager|SIGNA Creator|SIGNA Victor|Achieva|Achieva dStream|Ambition S
Ambition X|Elition X|Gyroscan Intera|Gyroscan NT|Ingenia|Ingenia CX|Ingenia Ambition X|Ingenia Elition X
Intera|Ingenuity|MR 7700|MR 5300|Panorama HFO|Evolution Upgrade|Titan|Vantage|Vantage Titan|Vantage Galan
Vantage Orian|Vantage Elan|Excelart|Atlas|Echelon|Oasis|Airis Elite|uMR 560|uMR 570|uMR 770|uMR 780
uMR 790|uMR 880|uMR Omega|uPMR 790|Biograph 6|Biograph 16|Biograph 20|Biograph 40|Biograph 64|Biograph 128
Biograph128_mCT|Biograph40_mCT|Biograph64_mCT|Biograph64_Vision 600|Biograph Vision
Biograph128_Vision 600 Edge|Biograph Horizon|1062|1080|1093|1094|1023|1024|Emotion 6|Emotion 16
Emotion Duo|Sensation 4|Sensation 10|Sensation 16|Sensation 40|Sensation 64|Sensation Cardiac
Sensation Open|SOMATOM Definition|SOMATOM Definition AS|SOMATOM Definition AS+|SOMATOM Definition Edge
SOMATOM Definition Flash|SOMATOM Drive|SOMATOM Force|SOMATOM Perspective|SOMATOM go.Top|SOMATOM go.Up
SOMATOM go.All|SOMATOM X.cite|SOMATOM Confidence|SOMATOM Scope|NAEOTOM Alpha|Volume Zoom|BrightSpeed
BrightSpeed S|Discovery 600|Discovery 610|Discovery 690|Discovery 710|Discovery CT750 HD|Discovery IQ
Discovery LS|Discovery MI|Discovery RX|Discovery ST|Discovery STE|Discovery VCT|LightSpeed16
LightSpeed Plus|LightSpeed Pro 16|LightSpeed Pro 32|LightSpeed QX/i|LightSpeed RT|LightSpeed RT16
LightSpeed Ultra|LightSpeed VCT|Optima CT520|Optima CT540|Optima CT580|Optima CT660|Revolution CT
Revolution EVO|Revolution HD|Revolution Apex|Revolution Frontier|Revolution GSI|Revolution ACT|Advance
HiSpeed|HiSpeed CT/i|Allegro Body(C)|Brilliance 6|Brilliance 10|Brilliance 16|Brilliance 16P|Brilliance 40
Brilliance 64|Brilliance Big Bore|GEMINI TF Big Bore|GEMINI TF TOF 16|GEMINI TF TOF 64|Gemini
Guardian Body(C)|Ingenuity CT|Ingenuity TF PET/CT|iCT 128|iCT 256|IQon - Spectral CT|Incisive CT|Mx8000
Mx8000 IDT 16|Vereos PET/CT|Access CT|Spectral CT 7500|Activion16|Alexion|Aquilion|Aquilion ONE
Aquilion PRIME|Aquilion PRIME SP|Aquilion Precision|Aquilion Lightning|Aquilion/CX|Aquilion/LB
Aquilion Serve|Asteion|Celesteion|Cartesion Prime|uCT 510|uCT 530|uCT 550|uCT 760|uCT 780|uCT 960+|uMI 510
uMI 550|uMI 780|uMI Panorama|uEXPLORER|ECAT|ECAT HR+|ECAT ACCEL|HRRT
"""
_PLAIN = re.compile(r"[^a-z0-9+]")
_KNOWN_MODELS = {
    _PLAIN.sub("", name.casefold()): name for line in _MODELS.split("\n") for name in line.split("|") if name
}
#: Kernels: Siemens (B30f, Br36d\3), GE (STANDARD), Philips (B, YA), Canon (FC08), United Imaging (B_SOFT_B).
_KERNEL = re.compile(
    r"[BHUTSDIJQ][a-z]?\d{2}[a-z]?(\\[1-5])?|FC\d{2}|[A-EL]|Y[A-F]|I?MR[1-3]|"
    r"STANDARD|SOFT|DETAIL|LUNG|BONE|BONEPLUS|EDGE|CHEST|ULTRA|[BCHL]_(V?SOFT|V?SHARP|BONE|LUNG|BODY)_[A-C]+"
)
#: Characters of a pseudonym that stand for an unknown name.
_SHORT = 6


def modality_name(written: str) -> str:
    """A modality that DICOM defines; ``other`` for any other text."""
    return written if written in MODALITIES else "other"


def vendor_name(written: str, names: Mapping[str, str], pseudonyms: Pseudonyms) -> str:
    """Manufacturer: as the rules name it, or a known one, or a pseudonym; empty if not stated."""
    words = f" {re.sub(r'[^a-z0-9]+', ' ', written.casefold())} "
    known = next((name for word, name in _VENDORS.items() if f" {word} " in words), "")
    return _named(written, names) or known or _unknown("vendor", written, pseudonyms)


def model_name(written: str, names: Mapping[str, str], pseudonyms: Pseudonyms) -> str:
    """Scanner: as the rules name it, or a known one, or a pseudonym; empty if not stated."""
    known = _KNOWN_MODELS.get(_PLAIN.sub("", written.casefold()), "")
    return _named(written, names) or known or _unknown("model", written, pseudonyms)


def kernel_name(written: str, names: Mapping[str, str], pseudonyms: Pseudonyms) -> str:
    """Reconstruction kernel: as the rules name it, or a usual one, or a pseudonym; empty if not stated."""
    known = written if _KERNEL.fullmatch(written) else ""
    return _named(written, names) or known or _unknown("kernel", written, pseudonyms)


def site_name(written: str, names: Mapping[str, str], pseudonyms: Pseudonyms) -> str:
    """Institution: as the rules name it, or a pseudonym; empty if not stated."""
    return _named(written, names) or _unknown("site", written, pseudonyms)


def _named(written: str, names: Mapping[str, str]) -> str:
    """Name that the rules give to a text: that of the first pattern found in it."""
    matches = (name for pattern, name in names.items() if re.search(pattern, written, re.IGNORECASE))
    return next(matches, "") if written else ""


def _unknown(kind: str, written: str, pseudonyms: Pseudonyms) -> str:
    return f"{kind}-{pseudonyms.name(kind, written)[:_SHORT]}" if written else ""
