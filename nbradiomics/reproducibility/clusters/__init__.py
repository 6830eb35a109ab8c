"""Clusters of correlated features, each with a representative."""
