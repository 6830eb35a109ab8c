"""Features of the IBSI's first chapter that PyRadiomics does not have, or has in one form only."""
