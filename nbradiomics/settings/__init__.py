"""Settings, each defined once, and the messages about values that are not allowed."""

from nbradiomics.settings.described import told
from nbradiomics.settings.model import Settings
from nbradiomics.settings.spread import spread

__all__ = ["Settings", "spread", "told"]
