"""Which device computes, and in which precision."""

from __future__ import annotations

from typing import Literal, get_args

from nbradiomics.errors import InputError

#: What torch says where memory is short.
_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16"]


def resolve_device(asked: str) -> str:
    """``cuda`` or ``cpu`` of what was asked for; ``auto`` takes a GPU where there is one.

    Raises
    ------
    InputError
        For another word, or for ``cuda`` where torch sees no GPU.
    """
    import torch

    if asked not in get_args(Device):
        raise InputError(f"device is {asked!r}; {', '.join(get_args(Device))} were expected.", "Choose one.")
    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise InputError(
            "torch sees no GPU.", "Install a build of torch for it (see pytorch.org), or choose cpu."
        )
    return "cuda" if there and asked != "cpu" else "cpu"


def ran_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is short, on a CPU or a GPU: torch has no one class for that."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _MEMORY)


def native_bf16() -> bool:
    """Whether this processor computes in bf16; elsewhere bf16 is slower than single precision."""
    import torch

    # torch tells this under private names only, which a later release may drop: then the answer is no.
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in questions)
