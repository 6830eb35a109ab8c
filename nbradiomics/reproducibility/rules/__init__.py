"""Rules about several studies of reproducibility."""
