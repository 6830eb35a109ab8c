"""Names of the IBSI's feature families, of their features and of their forms of aggregation."""
