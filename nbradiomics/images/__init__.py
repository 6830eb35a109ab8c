"""Images and masks: reading, writing, grids and regions. Nothing here knows of features or readers."""
