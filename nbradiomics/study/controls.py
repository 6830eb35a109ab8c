"""The section `controls` of a study file."""

from __future__ import annotations

from nbradiomics.features.controls.settings import ControlKinds, ControlSettings
from nbradiomics.tables import RowsOfReader

#: Name of the section and of its folder.
CONTROLS = "controls"


class Controls(ControlKinds):
    """Negative controls of the masks that the outcome models use."""

    def of_masks(self, rows: RowsOfReader) -> ControlSettings:
        """Settings of the controls of the masks from which some rows of a feature table come."""
        columns = ("reader", "timepoint", "sequence", "roi", "reading")
        chosen = {name: value for name in columns if (value := getattr(rows, name)) is not None}
        return ControlSettings(**self.stated(), **chosen)
