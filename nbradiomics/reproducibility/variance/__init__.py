"""Where the variation of features comes from: variance components."""
