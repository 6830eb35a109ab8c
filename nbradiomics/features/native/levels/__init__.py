"""From intensities to grey levels."""
