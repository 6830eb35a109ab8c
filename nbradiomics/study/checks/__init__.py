"""Find every problem of a study before anything is computed.

The names in ``__init__.pyi`` are loaded at first use: a command loads only what it needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
