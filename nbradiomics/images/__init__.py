"""Images and masks: reading, writing, grids and regions. Independent of features and readers."""
