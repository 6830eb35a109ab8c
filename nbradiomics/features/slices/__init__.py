"""Features of each slice of a region (2.5-D): every slice by itself, the largest one, or their median."""
