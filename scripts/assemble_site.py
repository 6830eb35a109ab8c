"""Bring the pages of the documentation site into one folder, for `make docs`.

python -m scripts.assemble_site build/docs

The pages lie where they are read in the repository too: the README and the changelog at its root, guides
in ``docs/``, notebooks in ``notebooks/``, presets in ``params/``. Links between them are rewritten to where
the pages stand on the site. Notebooks are rendered from their stored outputs; nothing is executed.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Pages from outside ``docs/``, and where they stand on the site.
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
    "CITATION.cff": "citing.md",
    "LICENSE": "licence.md",
    "params": "presets.md",
}
#: Files that are no Markdown and are shown as they stand, under this heading.
_AS_IT_STANDS = {"LICENSE": "Licence", "CITATION.cff": "Citing nbradiomics"}
#: Without it, tables of notebooks look like the site's own.
_STYLE_OF_PANDAS = re.compile(r"<style scoped>.*?</style>\n", re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def places() -> dict[str, str]:
    """Each file of the repository that is on the site, and its path there."""
    docs = (path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*") if path.is_file())
    notebooks = (path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb"))
    return (
        ELSEWHERE
        | {name: name.removeprefix("docs/") for name in docs}
        | {name: name.replace(".ipynb", ".md") for name in notebooks}
    )


def with_links_of_the_site(text: str, source: str, where: dict[str, str]) -> str:
    """Rewrite the relative links of a page from where it lies to where it stands on the site."""

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if target not in where:
            raise SystemExit(f"{source} links to {link['path']}, which is not on the site.")
        start = posixpath.dirname(where[source]) or "."
        return posixpath.relpath(where[target], start) + (link["anchor"] or "")

    parts = _CODE.split(text)  # the odd ones are code
    parts[::2] = [_LINK.sub(moved, part) for part in parts[::2]]
    return "".join(parts)


def presets_page() -> str:
    """All shipped parameter files on one page."""
    intro = (
        "The parameter files that come with the package. Each says why its values are what they are. "
        "Give one by its name, such as `--params t2w_mr_1mm`."
    )
    parts = ["# Presets", intro]
    for file in sorted((ROOT / "params").glob("*.yaml")):
        parts += [f"## {file.stem}", f"```yaml\n{file.read_text(encoding='utf-8').rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def page_of_text(file: Path, heading: str) -> str:
    """Show a file as it stands."""
    kind = "yaml" if file.suffix == ".cff" else "text"
    text = file.read_text(encoding="utf-8").strip("\n")
    return f"# {heading}\n\n```{kind}\n{text}\n```\n"


def notebook_page(source: Path, target: Path) -> str:
    """Render a notebook as it is stored, its pictures beside the page."""
    from nbconvert import MarkdownExporter  # of the extra `docs`, which the tests of this file do without

    text, resources = MarkdownExporter().from_filename(str(source))
    for name, content in resources["outputs"].items():
        (target.parent / f"{target.stem}_{name}").write_bytes(content)
        text = text.replace(f"]({name})", f"]({target.stem}_{name})")
    return _STYLE_OF_PANDAS.sub("", text).replace('<table border="1" class="dataframe">', "<table>")


def assemble(out: Path) -> None:
    """Write all pages, and the files that they show, into an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    where = places()
    for source, place in where.items():
        file, target = ROOT / source, out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source == "params":
            target.write_text(presets_page(), encoding="utf-8")
        elif source in _AS_IT_STANDS:
            target.write_text(page_of_text(file, _AS_IT_STANDS[source]), encoding="utf-8")
        elif file.suffix == ".ipynb":
            text = notebook_page(file, target)
            where_here = where | _pictures(out, source, target)
            target.write_text(with_links_of_the_site(text, source, where_here), encoding="utf-8")
        elif file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            target.write_text(with_links_of_the_site(text, source, where), encoding="utf-8")
        else:
            shutil.copyfile(file, target)


def _pictures(out: Path, source: str, target: Path) -> dict[str, str]:
    """A notebook's pictures, which lie beside its page alone."""
    names = [path.name for path in target.parent.glob(f"{target.stem}_*")]
    folder = target.parent.relative_to(out).as_posix()
    return {f"{posixpath.dirname(source)}/{name}": f"{folder}/{name}" for name in names}


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
