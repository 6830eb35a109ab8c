"""Habitats: sub-regions of a tumour by its voxels, from groups that were learned on training subjects."""
