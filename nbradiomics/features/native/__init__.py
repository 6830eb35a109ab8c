"""The native engine: PyRadiomics' features, names and values, compiled."""
