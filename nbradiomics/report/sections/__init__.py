"""Sections of the report: each module turns a run's tables into the blocks of one section."""
