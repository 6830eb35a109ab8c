from .assess import DrawingTables as DrawingTables, assess_drawing as assess_drawing
from .result import DrawingResult as DrawingResult, write_drawing as write_drawing
from .settings import DrawingSettings as DrawingSettings
