"""Find every problem of a study before anything is computed."""

from nbradiomics.checks.images import check_images
from nbradiomics.checks.study import Survey, check, check_tables, survey

__all__ = ["Survey", "check", "check_images", "check_tables", "survey"]
