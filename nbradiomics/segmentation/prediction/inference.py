"""How a model's network is run: device, precision, resampling, mirroring."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from nbradiomics.errors import InputError
from nbradiomics.segmentation.device import Device, native_bf16, resolve_device

DEVICES = get_args(Device)
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
RESAMPLINGS = ("torch", "stock")


@dataclass(frozen=True)
class Inference:
    """How a model's network is run.

    ``Inference(precision="fp32", resampling="stock")`` gives nnU-Net's own mask voxel for voxel. The default
    is several times faster and uses less memory; its masks differ from those by single voxels of the edge.

    Attributes
    ----------
    device
        ``auto`` (a GPU where torch sees one), ``cpu`` or ``cuda``.
    precision
        Of the network: ``auto``, ``fp32``, ``bf16``, or ``fp16`` (on a GPU only). ``auto`` is ``fp16`` on a
        GPU, which is nnU-Net's own; ``bf16`` on processors that compute in it (AVX512_BF16, AMX), ``fp32`` on
        others. What the network gives is single precision again before the windows are weighted.
    resampling
        How the network's output is brought to the image's grid: ``torch`` (linear, each fold by itself), or
        ``stock`` (nnU-Net's own function, in its order of operations). Plans that ask for another function
        than nnU-Net's default keep it.
    mirroring
        Whether mirrored images are averaged in, as nnU-Net does by default: eight passes instead of one.
    """

    device: str = "auto"
    precision: str = "auto"
    resampling: str = "torch"
    mirroring: bool = False

    def __post_init__(self) -> None:
        choices = {"device": DEVICES, "precision": PRECISIONS, "resampling": RESAMPLINGS}
        for name, allowed in choices.items():
            value = getattr(self, name)
            if value not in allowed:
                raise InputError(f"{name} is {value!r}.", f"Choose one of {', '.join(allowed)}.")

    def resolved(self) -> Inference:
        """The same with ``auto`` replaced by what it means on this machine.

        Raises
        ------
        InputError
            When a GPU is asked for and torch sees none, or ``fp16`` on a CPU.
        """
        device = resolve_device(self.device)
        if device == "cpu" and self.precision == "fp16":
            raise InputError("precision is fp16, and the device is a CPU.", "Choose bf16, fp32 or auto.")
        own = "fp16" if device == "cuda" else "bf16" if native_bf16() else "fp32"
        return replace(self, device=device, precision=own if self.precision == "auto" else self.precision)
