"""The final models of an outcome as one file: what they learned in plain numbers, and what they predict."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
