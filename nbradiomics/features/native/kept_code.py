"""Machine code that Numba compiled, kept so that damage costs time and nothing else.

Numba's own files hold no checksum, and an index that names others: changed bytes would be run, or a file
that belongs to other types. Here a function has one file with all of its code, under a checksum and the name
of what can run it; what fails either is compiled and written again.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.regular_file import open_regular

#: What the code was made by; another Python cannot even read it.
_MAKERS = f"{sys.version} numba {numba.__version__} llvmlite {version('llvmlite')}"
#: Bytes; that of the largest kernel has 250 thousand.
_LARGEST = 64 * 1024**2


class KeptCode(FunctionCache):  # type: ignore[misc]  # Numba has no type hints
    """Numba's cache of one function, in a file of ours."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _File(Path(self._cache_path) / f"{self._impl.filename_base}.code")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Code for these types; ``None`` compiles it."""
        with suppress(Exception):  # whatever keeps code from being read, it can be compiled
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code, if it can be kept."""
        with suppress(OSError):
            super().save_overload(sig, data)


class _File:
    """Code of a function by its types; the part of Numba's ``IndexDataCacheFile`` that its cache calls."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, key: Any) -> Any:
        return self._read().get(key)

    def save(self, key: Any, data: Any) -> None:
        text = dumps({**self._read(), key: data})
        with whole(self._path) as temporary:
            temporary.write_bytes(self._seal(text) + text)

    def flush(self) -> None:
        self._path.unlink(missing_ok=True)

    def _read(self) -> dict[Any, Any]:
        try:
            with open_regular(self._path) as file:
                found = file.read(_LARGEST)
        except (OSError, InputError):
            return {}
        seal, text = found[:32], found[32:]
        if seal != self._seal(text):
            return {}
        code: dict[Any, Any] = pickle.loads(text)
        return code

    def _seal(self, text: bytes) -> bytes:
        return hashlib.sha256(f"{self._path.name} {_MAKERS} ".encode() + text).digest()
