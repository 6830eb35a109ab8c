"""Settings of the comparison of risks between masks of the same subject."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names


def _different(names: Names | None) -> Names | None:
    if names is not None and len(set(names)) < max(1, len(names)):
        raise ValueError("name different readers, one or more, beside the reader of the models")
    return names


class DrawingSettings(Settings):
    """Whose masks are compared with those that the outcome models are fitted to."""

    drawing_readers: Annotated[Names | None, AfterValidator(_different)] = Field(
        default=None,
        description="Readers whose masks are compared with those of the models' reader; auto is the "
        "segmentation model. Default: all who drew in the rows of the models.",
    )
    transfer: bool = Field(
        default=True,
        description="Also fit the models to the masks of each other reader, to know what is lost when they "
        "are fitted to the masks of one and used with the masks of another. With `refits`, each reader takes "
        "about as long as the evaluation.",
    )
