"""The IBSI's convolutional filters that a parameter file requests: their parameters, names and rules."""
