"""Statistics of the reader study: they turn the agreement table into result tables and sentences."""

from nbradiomics.agreement.reader_study.result import ReadersStudy
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.study import study_readers

__all__ = ["ReaderStudySettings", "ReadersStudy", "study_readers"]
