"""RT structure sets: contours, rasterised on the grid of an image."""
