"""Figures of the report: each module draws one picture from plain tables or arrays."""
