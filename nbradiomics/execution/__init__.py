"""One function over many cases: batches, stored results, failures, provenance."""
