"""Find the voxels of NRRD and MetaImage files: in the file itself, or in data files that its header names.

A header may name any file. Only files in its own folder or below are read, also after following links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular, require_regular
from nbradiomics.images.refusals import damaged
from nbradiomics.images.text_header import TextHeader

_NRRD_PACKINGS = {
    "raw": "", "gzip": "gzip", "gz": "gzip", "hex": "hex", "txt": "text", "text": "text", "ascii": "text",
}  # fmt: skip
#: Largest number of data files; real images have fewer slices.
_MOST_FILES = 100_000
_LIST_BYTES = 1 << 24


@dataclass(frozen=True)
class Part:
    """A part of the voxels of an image: those in one file.

    Attributes
    ----------
    file
        The file.
    packing
        Empty (uncompressed), ``gzip``, ``zlib``, ``text`` or ``hex``.
    start
        Number of bytes in the file before the voxels; ``None`` if the voxels end with the file.
    packed
        Number of compressed bytes of the voxels; ``None`` for all remaining bytes.
    skipped
        Number of unpacked bytes before the voxels.
    """

    file: Path
    packing: str
    start: int | None
    packed: int | None = None
    skipped: int = 0


def require_inside(file: Path, header: Path) -> Path:
    """Return a file that a header names, if it is a regular file in the header's folder or below.

    Raises
    ------
    InputError
        When it is not, or does not exist.
    """
    real = file.resolve()
    folders = [header.parent.resolve(), header.resolve().parent, *_annexes(header)]
    if not any(real.is_relative_to(folder) for folder in folders):
        target = "" if real == file else f", which is {real}"
        raise InputError(
            f"{header} names the data file {file}{target}: it is outside the header's folder.",
            "Copy the data file into the header's folder, and name it in the header without a folder.",
        )
    if not real.exists():
        raise InputError(
            f"{header} names the data file {file}, which does not exist.", "Copy it into the header's folder."
        )
    require_regular(file)
    return file


def _annexes(header: Path) -> list[Path]:
    """Folders in which git-annex (DataLad) stores the files of the header's repository."""
    parents = [*header.parent.resolve().parents, header.parent.resolve()]
    return [store.resolve() for each in parents if (store := each / ".git" / "annex" / "objects").is_dir()]


def parts_of(header: TextHeader, path: Path) -> list[Part]:
    """Files with the voxels of an image, in order.

    Raises
    ------
    InputError
        When a file is outside the header's folder or not a regular file, or the header is invalid.
    """
    return _nrrd_parts(header, path) if header.format == "NRRD" else _meta_parts(header, path)


def _nrrd_parts(header: TextHeader, path: Path) -> list[Part]:
    fields = header.fields
    encoding = fields.get("encoding", "").casefold()
    if not encoding:
        raise damaged(path, "its header gives no encoding")
    if encoding not in _NRRD_PACKINGS:
        raise InputError(
            f"{path}: the header gives the encoding {encoding!r}; raw, gzip, text or hex were expected.",
            "Save the image with one of these, or as NIfTI.",
        )
    packing = _NRRD_PACKINGS[encoding]
    lines = _number(fields, ("line skip", "lineskip"), path)
    skip = _number(fields, ("byte skip", "byteskip"), path)
    names = header.data_file
    files, start = ([path], header.end) if names is None else (_named(names, header, path, _step_pattern), 0)
    parts = []
    for file in files:
        first = _after_lines(file, start, lines)
        if packing == "gzip":
            parts.append(Part(file, packing, first, skipped=max(skip, 0)))
        else:
            parts.append(Part(file, packing, first + skip if skip >= 0 else None))
    return parts


def _meta_parts(header: TextHeader, path: Path) -> list[Part]:
    fields = header.fields
    packed, text = _truth(fields, "CompressedData", path), not _truth(fields, "BinaryData", path, "True")
    packing = "zlib" if packed else "text" if text else ""
    skip = _number(fields, ("HeaderSize",), path)
    size = _number(fields, ("CompressedDataSize",), path) or None
    names = header.data_file
    if names is None:
        return [Part(path, packing, skip or header.end if skip >= 0 else None, size if packed else None)]
    files = _named(names, header, path, _range_pattern)
    single = packed and len(files) == 1
    return [Part(file, packing, skip if skip >= 0 else None, size if single else None) for file in files]


def _named(
    named: str, header: TextHeader, path: Path, pattern: Callable[[list[str], TextHeader], list[int]]
) -> list[Path]:
    """Files that a header names: one, a list, or the numbers of a pattern."""
    words = named.split()
    if words[:1] == ["LIST"]:
        with open_regular(path) as file:
            file.seek(header.end if header.format == "MetaImage" else 0)
            text = file.read(_LIST_BYTES).decode("utf-8", errors="surrogateescape")
        if header.format == "MetaImage" and not text.endswith("\n"):
            # ITK does not read the last name then, and returns random memory.
            raise damaged(path, "its list of data files does not end with a line end")
        if header.format == "NRRD":
            text = re.split(r"(?m)^data ?file:[^\n]*\n", text, maxsplit=1)[-1]
        names = [line.strip() for line in text.splitlines() if line.strip()]
    elif "%" in named:
        # The libraries that read the name pass it to C's printf.
        if not re.fullmatch(r"[^%]*%0?[0-9]{0,3}[diu][^%]*", words[0]):
            raise damaged(path, f"its header names the data files {named!r}")
        try:
            names = [words[0] % number for number in pattern(words, header)]
        except (ValueError, OverflowError) as error:
            raise damaged(path, f"its header names the data files {named!r}") from error
    else:
        names = [named]
    if any("\0" in name for name in names):
        raise damaged(path, f"its header names the data files {named!r}")
    if not names or len(names) > _MOST_FILES:
        raise damaged(path, f"its header names {len(names)} data files")
    return [require_inside(path.parent / name, path) for name in names]


def _step_pattern(words: list[str], _header: TextHeader) -> list[int]:
    """Numbers of NRRD's pattern: ``FORMAT FIRST LAST STEP [AXES]``."""
    first, last, step = (int(word) for word in words[1:4])
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return list(numbers[: _MOST_FILES + 1])


def _range_pattern(words: list[str], header: TextHeader) -> list[int]:
    """Numbers of MetaImage's pattern: ``FORMAT [FIRST [LAST [STEP]]]``."""
    numbers = [int(word) for word in words[1:4]]
    slices = int("".join(header.fields.get("DimSize", "").split()[-1:]))
    first = numbers[0] if numbers else 1
    last = numbers[1] if len(numbers) > 1 else first + slices - 1
    step = numbers[2] if len(numbers) > 2 else 1
    return list(range(first, last + 1, step)[: _MOST_FILES + 1])


def _number(fields: Mapping[str, str], keys: tuple[str, ...], path: Path) -> int:
    text = next((fields[key] for key in keys if key in fields), "0")
    if not re.fullmatch(r"-1|[0-9]{1,15}", text):
        raise damaged(path, f"its header gives {keys[0]!r} as {text!r}")
    return int(text)


def _truth(fields: Mapping[str, str], key: str, path: Path, default: str = "False") -> bool:
    text = fields.get(key, default)
    if text.casefold() not in ("true", "false", "t", "f", "1", "0"):
        raise damaged(path, f"its header gives {key!r} as {text!r}")
    return text.casefold() in ("true", "t", "1")


def _after_lines(file: Path, start: int, lines: int) -> int:
    if not lines:
        return start
    with open_regular(file) as stream:
        stream.seek(start)
        for _ in range(min(lines, _MOST_FILES)):
            stream.readline(_LIST_BYTES)
        return stream.tell()
