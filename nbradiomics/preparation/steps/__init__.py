"""Steps of the preparation, a file for each: settings, and what they do to an image."""
