"""The statistics of the reader study: tables of agreement in, tables and sentences out."""

from nbradiomics.agreement.study.result import ReadersStudy
from nbradiomics.agreement.study.settings import StudySettings
from nbradiomics.agreement.study.study import study_readers

__all__ = ["ReadersStudy", "StudySettings", "study_readers"]
