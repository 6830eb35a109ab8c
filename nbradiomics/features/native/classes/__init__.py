"""The feature classes: first order, shape and the texture matrices."""
