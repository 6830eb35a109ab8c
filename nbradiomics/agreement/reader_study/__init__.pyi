from .result import ReadersStudy as ReadersStudy
from .settings import ReaderStudySettings as ReaderStudySettings
from .study import study_readers as study_readers
