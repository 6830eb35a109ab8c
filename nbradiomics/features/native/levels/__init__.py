"""Convert intensities to grey levels."""
