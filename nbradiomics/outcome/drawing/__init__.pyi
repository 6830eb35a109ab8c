from .assess import DrawingTables as DrawingTables, assess_drawing as assess_drawing
from .result import (
    DrawingResult as DrawingResult,
    with_drawing as with_drawing,
    write_drawing as write_drawing,
)
from .settings import DrawingSettings as DrawingSettings
