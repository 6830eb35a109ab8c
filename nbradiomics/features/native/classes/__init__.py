"""The feature classes: first order, shape and texture matrices."""
