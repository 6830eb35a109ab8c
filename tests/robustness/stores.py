"""Damaged stored results and models."""

from __future__ import annotations

from tests.reliability.harness import Kind

KINDS: list[Kind] = []
