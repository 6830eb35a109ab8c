"""Choose the device and the precision of the computation."""

from __future__ import annotations

from typing import Literal, get_args

from nbradiomics.errors import InputError

#: Parts of torch's messages when memory runs out.
_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16"]


def resolve_device(requested: str) -> str:
    """Return ``cuda`` or ``cpu`` for the requested device; ``auto`` is a GPU if there is one.

    Raises
    ------
    InputError
        For an unknown device, or for ``cuda`` if torch sees no GPU.
    """
    import torch

    if requested not in get_args(Device):
        raise InputError(
            f"device is {requested!r}; one of {', '.join(get_args(Device))} was expected.",
            "Choose one.",
        )
    available = torch.cuda.is_available()
    if requested == "cuda" and not available:
        raise InputError(
            "torch sees no GPU.", "Install a build of torch for your GPU (see pytorch.org), or choose cpu."
        )
    return "cuda" if available and requested != "cpu" else "cpu"


def ran_out_of_memory(error: Exception) -> bool:
    """Whether an error means that memory ran out, on a CPU or a GPU: torch has several classes for that."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _MEMORY)


def native_bf16() -> bool:
    """Whether this processor computes in bf16; on others bf16 is slower than single precision."""
    import torch

    # torch has only private functions for this, which a later release may remove: then the answer is no.
    functions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in functions)
