"""Hostile tables, study and parameter files."""

from __future__ import annotations

from tests.reliability.harness import Kind

KINDS: list[Kind] = []
