"""The statistics of the reader study: tables of agreement in, tables and sentences out."""

from nbradiomics.agreement.reader_study.result import ReadersStudy
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.study import study_readers

__all__ = ["ReaderStudySettings", "ReadersStudy", "study_readers"]
