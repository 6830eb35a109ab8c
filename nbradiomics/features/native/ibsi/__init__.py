"""The IBSI's feature families, computed by the definitions of its reference manual: one file for each family."""
