"""Statistics of repeated measurements of many features, one file for each family."""
