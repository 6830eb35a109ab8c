from .assess import (
    DrawingTables as DrawingTables,
    assess_drawing as assess_drawing,
    with_drawing as with_drawing,
)
from .settings import DrawingSettings as DrawingSettings
