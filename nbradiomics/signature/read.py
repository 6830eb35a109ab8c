"""Read a file of models; nothing in it is executed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.files.checked_json import in_short
from nbradiomics.signature.archive import read_archive
from nbradiomics.signature.content import Content, OfModel
from nbradiomics.signature.novelty import Novelty

#: Member of the archive with everything but the covariances.
CONTENT = "models.json"


@dataclass(frozen=True)
class Signature:
    """The models of a file.

    Attributes
    ----------
    content
        What the file says.
    covariances
        Covariance of the columns of each model among its training subjects.
    sha256
        Hash of the file.
    path
        Where it was read.
    """

    content: Content
    covariances: dict[str, np.ndarray]
    sha256: str
    path: Path

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models."""
        return tuple(each.model.name for each in self.content.models)

    @property
    def parameters(self) -> Parameters | None:
        """Parameter file of the features; None if it is not known, or this release refuses it."""
        stated = self.content.inputs.parameter_file
        try:
            return load_parameters(stated) if stated else None
        except InputError:
            return None

    def model(self, name: str) -> OfModel:
        """The model of a name.

        Raises
        ------
        InputError
            When there is none of this name.
        """
        found = self.content.model(name)
        if found is None:
            raise InputError(f"{self.path} has no model {name!r}.", f"Its models: {', '.join(self.names)}.")
        return found

    def novelty(self, name: str) -> Novelty:
        """How far subjects are from those that a model learned from."""
        found = self.model(name)
        mean = np.array(found.novelty_mean, dtype=np.float64)
        return Novelty(mean, self.covariances[name], found.novelty_limit)


def load_models(path: str | Path) -> Signature:
    """Read a file of models that :func:`write_models` wrote.

    Parameters
    ----------
    path
        The file, such as ``outcome/model.zip``.

    Raises
    ------
    InputError
        When it is another file, of another version, damaged, cut off, or its content contradicts itself.

    Examples
    --------
    >>> digest = write_models(result, "model.zip")
    >>> load_models("model.zip").names
    ('radiomic',)
    """
    path = Path(path)
    members, digest = read_archive(path)
    try:
        content = Content.model_validate_json(members.pop(CONTENT, b""))
        covariances = {each.model.name: _covariance(each, members) for each in content.models}
        if members:
            raise ValueError(f"{min(members)!r} belongs to no model")
    except (ValidationError, ValueError, RecursionError) as error:
        why = in_short(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise InputError(
            f"{path} has a content that models cannot have: {why}.", "Write it again."
        ) from error
    return Signature(content, covariances, digest, path)


def _covariance(each: OfModel, members: dict[str, bytes]) -> np.ndarray:
    name, size = each.model.name, len(each.model.columns)
    file = f"{name}_covariance.npy"
    content = members.pop(file, None)
    if content is None:
        raise ValueError(f"{file} is missing")
    values = _array(content, (size, size), file)
    if not np.isfinite(values).all() or not np.array_equal(values, values.T):
        raise ValueError(f"{file} is no covariance")
    if len(each.novelty_mean) != size:
        raise ValueError(f"the means of {name} are not those of its columns")
    return values


def _array(content: bytes, shape: tuple[int, int], file: str) -> np.ndarray:
    """Read an array of a known shape: no memory is taken by what its header claims."""
    buffer = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(buffer) != (1, 0):
            raise ValueError("another version")
        stated, by_columns, kind = np.lib.format.read_array_header_1_0(buffer)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise ValueError(f"{file} is no array of numbers") from error
    rest = content[buffer.tell() :]
    if stated != shape or by_columns or kind != np.dtype("<f8") or len(rest) != 8 * shape[0] * shape[1]:
        raise ValueError(f"{file} has not one row and column for each of {shape[0]} columns")
    return np.frombuffer(rest, dtype="<f8").reshape(shape).astype(np.float64)
