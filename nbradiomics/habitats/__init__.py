"""Sub-regions of tumours: habitats, and rings around them."""
