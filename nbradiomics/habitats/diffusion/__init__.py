"""The apparent diffusion coefficient of each voxel from several b-values, with the error of its fit."""
