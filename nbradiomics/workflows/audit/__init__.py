"""The audit of a run: everything that its tables allow to compute again."""
