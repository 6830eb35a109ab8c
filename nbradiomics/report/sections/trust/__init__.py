"""Which features can be trusted: the answer over all tests of reproducibility of a run."""

from nbradiomics.report.sections.trust.blocks import TITLE, trust_blocks, trust_facts

__all__ = ["TITLE", "trust_blocks", "trust_facts"]
