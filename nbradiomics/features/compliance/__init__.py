"""Compare the values with PyRadiomics, between the engines, and with the IBSI."""
