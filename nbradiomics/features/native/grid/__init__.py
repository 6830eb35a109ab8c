"""Prepare an image and a mask on the grid on which features are measured."""
