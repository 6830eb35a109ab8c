"""Whether stable features predict the outcome: Cox models, validated without leakage.

The names in ``__init__.pyi`` are loaded at first use: a command loads only what it needs.
"""

import lazy_loader

from nbradiomics.clinical import endpoint_problems, read_endpoint  # noqa: F401 - their earlier place

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
