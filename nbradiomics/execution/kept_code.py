"""Store machine code that Numba compiled, so that a damaged file costs only time.

Numba's own cache has no checksum, and an index that names other files: it would run changed bytes, or a file
for other types. Here a function has one file with all of its code, protected by a checksum that includes the
versions that can run it. If the check fails, the code is compiled and written again.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.regular_file import open_regular

#: Versions that made the code; another Python cannot even read it.
_MAKERS = f"{sys.version} numba {numba.__version__} llvmlite {version('llvmlite')}"
#: Largest number of bytes that is read; the file of the largest kernel has 250 thousand.
_LARGEST = 64 * 1024**2


class KeptCode(FunctionCache):  # type: ignore[misc]  # Numba has no type hints
    """Numba's cache of one function, in a file of this package."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _File(Path(self._cache_path) / f"{self._impl.filename_base}.code")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the code for these types; ``None`` makes Numba compile it.

        Only Numba's memory management is made ready. Numba's own class also imports all that Numba can
        compile, which takes longer than reading the code; if something is compiled, Numba does so then.
        """
        with suppress(Exception):  # if code cannot be read for any reason, it can be compiled
            rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store code, if possible."""
        with suppress(OSError):
            super().save_overload(sig, data)


class _Unpickler(pickle.Unpickler):
    """Reads stored code without the modules of Numba that the code was made from: their import is slow.

    Numba stores the name of a function's module, for code that uses Python objects; kernels use none.
    """

    def find_class(self, module: str, name: str) -> Any:
        return _environment if name == "_rebuild_env" else super().find_class(module, name)


def _environment(module: str, constants: list[Any], name: str) -> Environment:
    """What a compiled function needs at run time: the same as Numba's `_rebuild_env`, without an import."""
    found = lookup_environment(name)
    if found is not None:
        return found
    made = Environment({"__name__": module})
    made.consts[:] = constants
    made.env_name = name
    Environment._memo[name] = made
    return made


class _File:
    """File with the code of a function by types: the methods of ``IndexDataCacheFile`` that Numba calls."""

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
                content = file.read(_LARGEST)
        except (OSError, InputError):
            return {}
        seal, text = content[:32], content[32:]
        if seal != self._seal(text):
            return {}
        code: dict[Any, Any] = _Unpickler(io.BytesIO(text)).load()
        return code

    def _seal(self, text: bytes) -> bytes:
        return hashlib.sha256(f"{self._path.name} {_MAKERS} ".encode() + text).digest()
