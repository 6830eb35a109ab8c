"""Find every problem of a study before anything is computed."""

from nbradiomics.study.checks.images import check_images
from nbradiomics.study.checks.study import Survey, check, check_tables, survey

__all__ = ["Survey", "check", "check_images", "check_tables", "survey"]
