"""Options for running a model's network."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.segmentation.device import Device, native_bf16, resolve_device
from nbradiomics.settings import Settings


class Inference(Settings):
    """Options for running a model's network.

    ``Inference(precision="fp32", resampling="stock")`` reproduces nnU-Net's own mask voxel for voxel. The
    default is several times faster and uses less memory; its masks differ by single voxels at the edge.

    Notes
    -----
    The precision ``auto`` is ``fp16`` on a GPU, as in nnU-Net; ``bf16`` on processors that compute in it
    (AVX512_BF16, AMX), and ``fp32`` on others. The output of the network is converted to single precision
    before the windows are weighted. The resampling ``torch`` is linear, separately for each fold; ``stock``
    is nnU-Net's own function, in its order of operations. If the plans name another function than nnU-Net's
    default, this function is used.
    """

    device: Device = Field(default="auto", description="Device; auto is a GPU if torch sees one.")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto",
        description="Precision of the network; auto is bf16 or fp16 if the device supports it; fp16 runs "
        "only on a GPU.",
    )
    resampling: Literal["torch", "stock"] = Field(
        default="torch", description="Resampling; stock with fp32 reproduces nnU-Net's mask, and is slower."
    )
    mirroring: bool = Field(
        default=False, description="Average over mirrored images too: eight times slower."
    )

    def resolved(self) -> Inference:
        """Return a copy with ``auto`` replaced by the values for this machine.

        Raises
        ------
        InputError
            When a GPU is requested and torch sees none, or ``fp16`` on a CPU.
        """
        device = resolve_device(self.device)
        if device == "cpu" and self.precision == "fp16":
            raise InputError("precision is fp16, but the device is a CPU.", "Choose bf16, fp32 or auto.")
        automatic = "fp16" if device == "cuda" else "bf16" if native_bf16() else "fp32"
        return self.changed(
            device=device, precision=automatic if self.precision == "auto" else self.precision
        )
