"""A model as files that nobody has to trust: what they must hold, and how they are read."""
