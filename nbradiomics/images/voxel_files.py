"""Where the voxels of NRRD and MetaImage files lie: in the file itself, or in others that its header names.

A header may name any file. Read are those in its own folder or below it, also after links were followed.
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
#: More names than an image has slices.
_MOST_FILES = 100_000
_LIST_BYTES = 1 << 24


@dataclass(frozen=True)
class Part:
    """Voxels of an image in one file.

    Attributes
    ----------
    file
        Where they lie.
    packing
        Empty, ``gzip``, ``zlib``, ``text`` or ``hex``.
    start
        Bytes of the file before them; ``None`` where they are counted from its end.
    packed
        Bytes that they take in the file; ``None`` for all the rest of it.
    skipped
        Bytes before them in what is unpacked.
    """

    file: Path
    packing: str
    start: int | None
    packed: int | None = None
    skipped: int = 0


def require_inside(file: Path, header: Path) -> Path:
    """Give a file that a header names, where it is a regular one in the header's folder or below.

    Raises
    ------
    InputError
        When it is not, or is not there.
    """
    real = file.resolve()
    homes = [header.parent.resolve(), header.resolve().parent, *_annexes(header)]
    if not any(real.is_relative_to(home) for home in homes):
        where = "" if real == file else f", which is {real}"
        raise InputError(
            f"{header} names the data file {file}{where}: it lies outside the header's folder.",
            "Copy the data file beside the header, and name it there without a folder.",
        )
    if not real.exists():
        raise InputError(
            f"{header} names the data file {file}, which does not exist.", "Copy it beside the header."
        )
    require_regular(file)
    return file


def _annexes(header: Path) -> list[Path]:
    """Where git-annex (DataLad) keeps the content of the files of the header's own repository."""
    parents = [*header.parent.resolve().parents, header.parent.resolve()]
    return [store.resolve() for each in parents if (store := each / ".git" / "annex" / "objects").is_dir()]


def parts_of(header: TextHeader, path: Path) -> list[Part]:
    """Files of an image's voxels, in their order.

    Raises
    ------
    InputError
        When one lies elsewhere, is no regular file, or the header is not understood.
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
    named = header.data_file
    files, start = ([path], header.end) if named is None else (_named(named, header, path, _step_pattern), 0)
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
    named = header.data_file
    if named is None:
        return [Part(path, packing, skip or header.end if skip >= 0 else None, size if packed else None)]
    files = _named(named, header, path, _range_pattern)
    alone = packed and len(files) == 1
    return [Part(file, packing, skip if skip >= 0 else None, size if alone else None) for file in files]


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
            # ITK does not read the last name then, and gives what was in memory.
            raise damaged(path, "its list of data files does not end with a line's end")
        if header.format == "NRRD":
            text = re.split(r"(?m)^data ?file:[^\n]*\n", text, maxsplit=1)[-1]
        names = [line.strip() for line in text.splitlines() if line.strip()]
    elif "%" in named:
        # A name is given to C's printf by the libraries that read it.
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
    given = [int(word) for word in words[1:4]]
    slices = int("".join(header.fields.get("DimSize", "").split()[-1:]))
    first = given[0] if given else 1
    last = given[1] if len(given) > 1 else first + slices - 1
    step = given[2] if len(given) > 2 else 1
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
