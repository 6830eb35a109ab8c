"""Train the folds of a model, and segment each case by the fold that was not trained on it."""
