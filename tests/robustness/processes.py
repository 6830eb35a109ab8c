"""Names, streams, signals and several processes."""

from __future__ import annotations

from tests.reliability.harness import Kind

KINDS: list[Kind] = []
