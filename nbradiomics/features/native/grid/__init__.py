"""From an image and a mask to the grid on which features are measured."""
