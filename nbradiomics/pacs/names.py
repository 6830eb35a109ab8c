"""Names of fetched files and folders, which do not show the UIDs of the PACS."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbradiomics.dicom.pseudonyms import Pseudonyms


@dataclass(frozen=True)
class Names:
    """Names made from UIDs, so that a fetch that continues finds its files again.

    Attributes
    ----------
    pseudonyms
        Makes the names; without a key they are plain hashes: they do not show a UID, but who knows a UID can
        make its name.
    """

    pseudonyms: Pseudonyms = field(default_factory=lambda: Pseudonyms(b""))

    def series(self, out: Path, series: str) -> Path:
        """Folder of a series; with the key of an ingest, its name is the pseudonym of the series there."""
        return out / self.pseudonyms.name("series", series)

    def instance(self, folder: Path, sop: str) -> Path:
        """File of an instance in the folder of its series."""
        return folder / f"{self.pseudonyms.name('instance', sop)}.dcm"
