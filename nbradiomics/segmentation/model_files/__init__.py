"""The files of a model: how they are read without trusting them, and what they must contain."""
