"""How the numbers compare: with PyRadiomics, engine against engine, with the IBSI."""
