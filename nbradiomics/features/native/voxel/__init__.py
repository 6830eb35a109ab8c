"""Feature maps: the features of the box around each voxel."""
