"""Differences between sites and scanners removed from features, by estimates of training subjects alone."""
