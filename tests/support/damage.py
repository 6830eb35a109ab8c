"""What disks, transfers and people do to the bytes of a file."""

from __future__ import annotations

from hypothesis import strategies as st


def flipped(content: bytes, bit: int) -> bytes:
    """Content with one bit the other way round."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def damages(content: bytes) -> st.SearchStrategy[bytes]:
    """Content as it was not: a bit flipped, cut, lengthened, zeroed in part, with two parts swapped."""
    places = st.integers(0, len(content) - 1)
    pairs = st.tuples(places, places).map(sorted).filter(lambda pair: pair[0] < pair[1])
    return st.one_of(
        st.integers(0, 8 * len(content) - 1).map(lambda bit: flipped(content, bit)),
        places.map(lambda end: content[:end]),
        st.binary(min_size=1, max_size=9).map(lambda more: content + more),
        pairs.map(lambda pair: _zeroed(content, *pair)),
        pairs.map(lambda pair: content[pair[1] :] + content[pair[0] : pair[1]] + content[: pair[0]]),
    ).filter(lambda changed: changed != content)


def _zeroed(content: bytes, start: int, end: int) -> bytes:
    return content[:start] + bytes(end - start) + content[end:]
