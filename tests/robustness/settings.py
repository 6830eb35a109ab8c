"""Settings that cost too much."""

from __future__ import annotations

from tests.reliability.harness import Kind

KINDS: list[Kind] = []
