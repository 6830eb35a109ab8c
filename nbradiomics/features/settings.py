"""Settings of the extraction: which features are computed, and by which engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nbradiomics.errors import InputError
from nbradiomics.settings import Settings

Engine = Literal["native", "pyradiomics"]


class ExtractionSettings(Settings):
    """Which features are computed."""

    params: str = Field(default="t2w_mr_anisotropic", description="PyRadiomics parameter file or preset.")
    engine: Engine = Field(
        default="native", description="Engine that computes the features; both engines give the same values."
    )
    threads: Annotated[int, Field(ge=1)] = Field(
        default=1,
        description="Threads for each image, for large regions and many filters; the features are the same "
        "for any number. Up to this many filtered images of a process are in memory.",
    )

    @model_validator(mode="after")
    def _engine_has_threads(self) -> ExtractionSettings:
        if problem := _without_threads(self.engine, self.threads):
            raise ValueError(problem)
        return self


def require_one_thread(engine: str, threads: int) -> None:
    """Raise `InputError` if several threads are requested of an engine that has one."""
    if problem := _without_threads(engine, threads):
        raise InputError(
            f"{problem}.",
            "Leave out the threads, or use the engine native; several processes (jobs) compute several "
            "images of a cohort at the same time.",
        )


def _without_threads(engine: str, threads: int) -> str:
    if engine != "pyradiomics" or threads == 1:
        return ""
    return f"the engine {engine} computes an image with one thread, and {threads} were requested"
