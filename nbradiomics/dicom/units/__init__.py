"""Units of the voxels: stored numbers to HU, SUV, diffusion coefficients."""
