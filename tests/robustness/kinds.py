"""Every kind of damaged, hostile or huge input that is tried."""

from __future__ import annotations

from tests.reliability.harness import Kind
from tests.robustness import images, processes, settings, stores, texts

KINDS: list[Kind] = [
    *images.KINDS,
    *stores.KINDS,
    *settings.KINDS,
    *texts.KINDS,
    *processes.KINDS,
]
