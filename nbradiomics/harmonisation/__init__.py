"""Harmonisation of features between sites and scanners, learnt from training subjects."""
