"""The images that features are computed from: the original, and the filtered ones."""
