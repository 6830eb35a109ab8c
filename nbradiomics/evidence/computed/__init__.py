"""Facts that no file of a run has: they are computed on the machine on which the evidence is written."""
