"""From segmentation to prognosis: what the predicted risk owes to who drew the mask.

The names in ``__init__.pyi`` are loaded at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
