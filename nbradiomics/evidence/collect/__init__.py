"""Facts of a folder of results, one file for each part of a study."""
