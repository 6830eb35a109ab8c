from .images import check_images as check_images
from .study import Survey as Survey, check as check, check_tables as check_tables, survey as survey
