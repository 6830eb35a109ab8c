"""How a model's network is run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.segmentation.device import Device, native_bf16, resolve_device
from nbradiomics.settings import Settings


class Inference(Settings):
    """How a model's network is run.

    ``Inference(precision="fp32", resampling="stock")`` gives nnU-Net's own mask voxel for voxel. The default
    is several times faster and uses less memory; its masks differ from those by single voxels of the edge.

    Notes
    -----
    The precision ``auto`` is ``fp16`` on a GPU, which is nnU-Net's own; ``bf16`` on processors that compute
    in it (AVX512_BF16, AMX), ``fp32`` on others. What the network gives is single precision again before the
    windows are weighted. The resampling ``torch`` is linear, each fold by itself; ``stock`` is nnU-Net's own
    function, in its order of operations. Plans that ask for another function than nnU-Net's default keep it.
    """

    device: Device = Field(default="auto", description="Device; auto is a GPU where torch sees one.")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto",
        description="Precision of the network; auto is bf16 or fp16 where the device has it; fp16 runs on a "
        "GPU only.",
    )
    resampling: Literal["torch", "stock"] = Field(
        default="torch", description="stock, with fp32, gives the mask of nnU-Net itself, and is slower."
    )
    mirroring: bool = Field(default=False, description="Average mirrored images in: eight times slower.")

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
        return self.changed(device=device, precision=own if self.precision == "auto" else self.precision)
