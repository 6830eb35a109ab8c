"""The only reader of YAML: limited in size, depth and aliases, and strict about ambiguous text.

A few hundred bytes of aliases may expand to billions of values, a duplicate key hides one of its values, and
``010`` is 8 in one version of YAML and 10 in the next. All of these are refused, with their line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

#: Far more bytes than study and parameter files have.
MOST_BYTES = 256 * 1024
_MOST_NODES = 10_000
_MOST_ALIASES = 100
_MOST_DEPTH = 20
_MOST_DIGITS = 18

_CORE = "tag:yaml.org,2002:"
_TAGS = {f"{_CORE}{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_MERGE = f"{_CORE}merge"
_WHOLE = re.compile(rf"[-+]?(?:0|[1-9][0-9]{{,{_MOST_DIGITS - 1}}})")
_DIGITS = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class YamlError(InputError):
    """A text is not valid YAML, or has a form that is not read.

    Attributes
    ----------
    found
        What is wrong, without the file and the line.
    line
        Line of the text, counted from 1.
    """

    def __init__(self, name: str, line: int, found: str) -> None:
        super().__init__(
            f"{name}, line {line}: not valid YAML: {found}.", "Correct this line or the one before it."
        )
        self.found = found
        self.line = line


@dataclass(frozen=True)
class Document:
    """Content of a YAML text, and the line of each key.

    Attributes
    ----------
    content
        Mappings (with text as keys), lists, text, numbers, booleans and ``None``.
    node
        The same content as nodes of `yaml`; ``None`` for an empty text.
    """

    content: Any
    node: yaml.Node | None

    def line(self, keys: Sequence[Any]) -> int:
        """Line of a key, counted from 1; of its parent when the key itself is absent."""
        node, line = self.node, 1
        for key in keys:
            if isinstance(node, yaml.MappingNode):
                item = next((pair for pair in reversed(node.value) if pair[0].value == key), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                item = (node.value[key], node.value[key])
            else:
                item = None
            if item is None:
                break
            line, node = item[0].start_mark.line + 1, item[1]
        return line


def read_yaml(text: str, name: str) -> Document:
    """Read a YAML text.

    Parameters
    ----------
    text
        Text of one document.
    name
        Name of the file in messages.

    Raises
    ------
    YamlError
        When the text is not YAML, is too large or too deep, or has too many aliases; when a key is duplicate
        or not text; when a number, a date or a tag is ambiguous.
    """
    if len(text.encode("utf-8", errors="surrogatepass")) > MOST_BYTES:
        raise YamlError(name, 1, f"it has more than {MOST_BYTES // 1024} KB")
    strange = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise YamlError(name, line, f"the character {strange.group()!r} is not allowed")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return Document(None if node is None else loader.construct_document(node), node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or loader.get_mark()
        found = str(getattr(error, "problem", None) or error).rstrip(".")
        if "escape" in found:
            found += r"; write a Windows path with /, or with \ in single quotes"
        raise YamlError(name, mark.line + 1, found) from error
    except (ValueError, OverflowError) as error:  # from escapes and versions that `yaml` does not check
        found = "an escape, or a version of YAML, with a number that is out of range"
        raise YamlError(name, loader.get_mark().line + 1, found) from error
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """The safe loader of `yaml`, which counts values before it creates them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._aliases = 0
        self._nodes = 0
        #: By node: number of its values with all aliases expanded, and their depth.
        self._extents: dict[int, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > _MOST_ALIASES:
                raise _refusal(f"more than {_MOST_ALIASES} aliases", event)
        elif (tag := getattr(event, "tag", None)) not in (None, "!", *_TAGS):
            raise _refusal(f"the tag {quoted(tag)}; only plain values are read", event)
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _refusal(f"it has more than {_MOST_NODES:,} values", event)
        if self._depth >= _MOST_DEPTH:
            raise _refusal(f"nested more than {_MOST_DEPTH} levels deep", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent) and id(node) not in self._extents:
            raise _refusal(f"the alias {quoted(event.anchor)} is inside the value that it names", event)
        if isinstance(node, yaml.MappingNode) and not isinstance(event, yaml.AliasEvent):
            _require_single_keys(node)
        if isinstance(node, yaml.ScalarNode):
            _require_printable(node)
        if node is not None:
            self._measure(node, event)
        return node

    def _measure(self, node: yaml.Node, event: yaml.Event) -> None:
        items = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for pair in items for part in (pair if isinstance(pair, tuple) else (pair,))]
        extents = [self._extents[id(part)] for part in parts]
        size = 1 + sum(size for size, _ in extents)
        depth = 1 + max((depth for _, depth in extents), default=0)
        if size > _MOST_NODES:
            raise _refusal(f"it expands to more than {_MOST_NODES:,} values", event)
        if depth > _MOST_DEPTH:
            raise _refusal(f"nested more than {_MOST_DEPTH} levels deep", event)
        self._extents[id(node)] = (size, depth)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = True) -> dict[Any, Any]:
        """Construct a mapping with text as keys; its own values take precedence over merged values."""
        if not isinstance(node, yaml.MappingNode):
            raise _refusal("a mapping of keys was expected", node)
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag != _MERGE:
                own[key.value] = self.construct_object(value, deep=deep)
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(source, yaml.MappingNode):
                    raise _refusal("a mapping, or a list of mappings, was expected after <<", value)
                merged = {**self.construct_object(source, deep=deep), **merged}
        return {**merged, **own}


def _require_printable(node: yaml.ScalarNode) -> None:
    """Refuse zero bytes, surrogates and terminal commands, which escapes can produce."""
    strange = yaml.reader.Reader.NON_PRINTABLE.search(node.value)
    if strange:
        raise _refusal(f"text with the character {strange.group()!r}", node)


def _require_single_keys(node: yaml.MappingNode) -> None:
    """Refuse duplicate keys, which would hide a value, and keys that are not text."""
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refusal("a key that is a list or a mapping; text was expected", key)
        if key.value in seen:
            first = f"{quoted(key.value)} occurs twice, first on line {seen[key.value]}"
            raise _refusal(f"the key {first}", key)
        seen[key.value] = key.start_mark.line + 1


def _refusal(problem: str, place: yaml.Node | yaml.Event) -> yaml.constructor.ConstructorError:
    mark: Any = place.start_mark  # of the same class for every parser
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node)


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


def _whole(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DIGITS.fullmatch(text) and len(text) > _MOST_DIGITS:
        raise _refusal(f"{quoted(text)} is not a whole number of at most {_MOST_DIGITS} digits", node)
    raise _refusal(
        f"{quoted(text)} is not a plain whole number: use decimal digits only, or put text in quotes",
        node,
    )


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = loader.construct_scalar(node)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if not _DECIMAL.fullmatch(text):
        raise _refusal(
            f"{quoted(text)} is not a plain number: write it like 1.5 or 1.0e-3, or put text in quotes", node
        )
    value = float(text)
    if not math.isfinite(value):
        raise _refusal(f"{quoted(text)} is too large to be computed with", node)
    return value


def _truth(loader: _Loader, node: yaml.ScalarNode) -> bool:
    text = loader.construct_scalar(node)
    value = yaml.SafeLoader.bool_values.get(text.lower())
    if value is None:
        raise _refusal(f"{quoted(text)} is neither true nor false", node)
    return bool(value)


def _date(loader: _Loader, node: yaml.ScalarNode) -> str:
    """Return a date as its text; refuse a date that does not exist."""
    text: str = loader.construct_scalar(node)
    try:
        yaml.SafeLoader.construct_yaml_timestamp(loader, node)
    except (ValueError, OverflowError) as error:
        raise _refusal(f"{quoted(text)} is not a date ({error}); put text in quotes", node) from error
    return text


_Loader.add_constructor(f"{_CORE}map", _mapping)
_Loader.add_constructor(f"{_CORE}seq", _sequence)
_Loader.add_constructor(f"{_CORE}int", _whole)
_Loader.add_constructor(f"{_CORE}float", _decimal)
_Loader.add_constructor(f"{_CORE}bool", _truth)
_Loader.add_constructor(f"{_CORE}timestamp", _date)
