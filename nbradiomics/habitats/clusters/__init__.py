"""Groups of similar voxels: fitted on some subjects, applied to all."""
