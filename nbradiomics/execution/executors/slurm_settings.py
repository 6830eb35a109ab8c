"""The file that describes the jobs of a SLURM cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from nbradiomics.errors import InputError
from nbradiomics.files.yaml_reader import read_yaml
from nbradiomics.settings import Settings
from nbradiomics.tables.text import read_text

_WALLTIME = re.compile(r"([0-9]+-)?[0-9]{1,3}:[0-5][0-9]:[0-5][0-9]")
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[MGT]i?B")


def _walltime(text: str) -> str:
    if not _WALLTIME.fullmatch(text):
        raise ValueError("a time such as 04:00:00 or 1-12:00:00 was expected, in quotes")
    return text


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text) or not float(re.split("[^0-9.]", text)[0]):
        raise ValueError("an amount such as 4GB was expected")
    return text


def _line(text: str) -> str:
    if "\n" in text or not text.strip():
        raise ValueError("one line was expected")
    return text


Line = Annotated[str, AfterValidator(_line)]


class SlurmSettings(Settings):
    """Jobs of a SLURM cluster: each is one worker, which computes one case at a time with one thread."""

    queue: Line | None = Field(None, description="partition; without it, the default one of the cluster")
    account: Line | None = Field(None, description="account that is charged")
    cores: int = Field(
        1, ge=1, description="processors that a job reserves; the worker uses one, whatever is reserved"
    )
    memory: Annotated[str, AfterValidator(_memory)] = Field(description="memory of a job, such as 4GB")
    walltime: Annotated[str, AfterValidator(_walltime)] = Field(
        description="longest time of a job, such as '04:00:00'; a job that ends is replaced"
    )
    maximum: int = Field(ge=1, description="most jobs at a time; never more than there are cases")
    minimum: int = Field(1, ge=0, description="jobs that are kept when fewer cases are left")
    directives: tuple[Line, ...] = Field(
        (), description="further options of sbatch, such as --gres=gpu:1 or --constraint=avx2"
    )
    setup: tuple[Line, ...] = Field(
        (), description="lines of shell before the worker starts, such as module load"
    )
    python: Line | None = Field(
        None, description="Python of the jobs; without it, that of this command, on a shared folder"
    )
    interface: Line | None = Field(
        None, description="network interface by which jobs reach this machine, such as ib0"
    )
    scratch: Line = Field("/tmp", description="folder on the node for temporary files of the worker")
    logs: Line | None = Field(None, description="folder for the output of the jobs; without it, none is kept")

    @model_validator(mode="after")
    def _ordered(self) -> SlurmSettings:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum ({self.minimum}) is larger than maximum ({self.maximum})")
        return self


def read_slurm_settings(path: str | Path) -> SlurmSettings:
    """Read the YAML file of a cluster.

    Raises
    ------
    InputError
        When the file cannot be read, or a key or a value in it is not allowed.
    """
    content = read_yaml(read_text(Path(path), "file of a cluster"), str(path)).content
    if not isinstance(content, dict):
        raise InputError(f"{path} has no keys.", "Write at least memory, walltime and maximum.")
    try:
        return SlurmSettings(**content)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error
