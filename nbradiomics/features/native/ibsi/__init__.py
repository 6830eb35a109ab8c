"""The IBSI's feature families by the definitions of its reference manual, one file or folder each."""
