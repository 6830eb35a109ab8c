"""Complete workflows: a run of a study, the reader study, a training, the demo."""
