"""Damaged, hostile and huge images and masks."""

from __future__ import annotations

from tests.reliability.harness import Kind

KINDS: list[Kind] = []
