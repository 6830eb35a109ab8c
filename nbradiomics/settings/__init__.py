"""How settings are stated, once each, and what is said of a value that is not allowed."""

from nbradiomics.settings.described import told
from nbradiomics.settings.model import Settings
from nbradiomics.settings.spread import spread

__all__ = ["Settings", "spread", "told"]
