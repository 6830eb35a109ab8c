"""Files of measured site effects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.harmonisation.schema import EFFECT_TABLES
from nbradiomics.tables import write_table

if TYPE_CHECKING:
    from nbradiomics.harmonisation.site_effects import SiteEffects


def write_site_effects(effects: SiteEffects | None, folder: Path) -> None:
    """Write the tables into a folder; without effects, remove those of an earlier result."""
    for name, schema in EFFECT_TABLES.items():
        file = folder / Path(schema.file).name
        if effects is None:
            file.unlink(missing_ok=True)
        else:
            write_table(getattr(effects, name), file)
