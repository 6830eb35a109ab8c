"""Every kind of damaged, hostile or huge input that is tried."""

from __future__ import annotations

from tests.reliability.harness import Kind
from tests.robustness import fitted_files, images, processes, settings, stores, texts

KINDS: list[Kind] = [
    *images.KINDS,
    *stores.KINDS,
    *fitted_files.KINDS,
    *settings.KINDS,
    *texts.KINDS,
    *processes.KINDS,
]
