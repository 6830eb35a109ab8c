"""Compute again what needs neither images nor clinical data, and compare it with what was written."""
