"""The study file, and the checks of a study before anything is computed."""
