"""Negative controls: features of images in which what a signature claims to see is destroyed."""
