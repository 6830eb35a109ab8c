"""nbradiomics: segment tumours, extract features, test their reproducibility, predict outcomes.

The public names are listed in ``__init__.pyi``. They are loaded at first use, so that importing the
package is fast.
"""

from typing import Any

import lazy_loader

_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
#: Names of release 0.3.0, with their present names.
_EARLIER = {"StudySettings": "ReaderStudySettings", "examine": "check_installation"}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    return _loaded(_EARLIER.get(name, name))
