"""Find every problem of a study before anything is computed."""

from nbradiomics.checks.images import check_images
from nbradiomics.checks.study import check, check_tables

__all__ = ["check", "check_images", "check_tables"]
