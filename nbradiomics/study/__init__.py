"""The study file, and every check of a study before anything is computed."""
