"""Check that the built site loads no file from another site, and that no link inside it is broken.

python -m scripts.check_site site

The site generator checks the links of the Markdown pages. This script checks the built pages: pictures,
scripts, style sheets and fonts too.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes from which a browser loads a file, by element; links that a reader follows are not included.
_LOADS = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}
_OUTSIDE_STYLE = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", re.IGNORECASE)


class _Page(HTMLParser):
    """The files that a page loads, its links, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if (anchor := found.get("id")) is not None:
            self.anchors.add(anchor)
        if (address := found.get(_LOADS.get(tag, ""))) is not None:
            self.loads.append(address)
        if tag == "a" and (address := found.get("href")) is not None:
            self.links.append(address)


def problems(site: Path) -> list[str]:
    """List all problems of the pages and style sheets of a site."""
    found: list[str] = []
    pages = {path.resolve(): _read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        found += [f"{name} loads {address}" for address in page.loads if urlsplit(address).netloc]
        for address in (*page.loads, *page.links):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                found.append(f"{name} needs {address}, which does not exist")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{name} links to {address}, but there is no such anchor")
    found += [
        f"{path.relative_to(site)} loads a style or a font from another site"
        for path in sorted(site.rglob("*.css"))
        if _OUTSIDE_STYLE.search(path.read_text(encoding="utf-8"))
    ]
    return found


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]))
    print("\n".join(found) or "The site is complete and loads no file from another site.")
    sys.exit(bool(found))
