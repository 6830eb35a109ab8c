"""The way of the data as a whole: a run, the reader study, a training, the demo."""
