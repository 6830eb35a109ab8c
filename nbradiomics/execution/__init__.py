"""Apply a function to many cases: batches, stored results, failures, provenance."""
