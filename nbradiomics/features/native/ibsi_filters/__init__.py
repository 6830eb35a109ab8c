"""The IBSI's convolutional filters (reference manual, arXiv:2006.05470), on arrays with the axes z, y, x.

All sums run in double precision.
"""
