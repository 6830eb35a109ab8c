"""Train the folds of a model, and segment each case by the fold that has not seen it."""
