"""The native engine: PyRadiomics' features, names and values, from compiled code."""
