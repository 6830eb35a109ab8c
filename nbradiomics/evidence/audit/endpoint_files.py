"""The files of one endpoint, as its audit needs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.tables.schema import Schema


class EndpointFiles:
    """Tables and summary of an endpoint, or of an external cohort of it.

    Parameters
    ----------
    folder, place
        The folder of results, and the folder of the endpoint in it, with a ``/`` at its end, or empty.
    """

    def __init__(self, folder: ResultFolder, place: str) -> None:
        self.folder, self.place = folder, place
        self.summary: Mapping[str, Any] = folder.record(f"{place}summary.json")
        self.is_class = self.summary.get("kind") == "classes"

    def file(self, schema: Schema | str) -> str:
        """Path of a table of the endpoint, or of another file of it."""
        return self.place + Path(schema if isinstance(schema, str) else schema.file).name

    def table(self, schema: Schema) -> pd.DataFrame | None:
        """Read a table of the endpoint; None if it is not there."""
        return self.folder.table(schema, self.file(schema))
