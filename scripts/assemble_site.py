"""Collect the pages of the documentation site in one folder, for `make docs`.

python -m scripts.assemble_site build/docs

The pages are in their usual places in the repository: the README and the changelog in its root, guides in
``docs/``, notebooks in ``notebooks/``, presets in ``params/``. Links between them are rewritten to the paths
of the pages on the site. Notebooks are rendered from their stored outputs; no cell is executed.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Pages from outside ``docs/``, and their paths on the site.
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
    "CITATION.cff": "citing.md",
    "LICENSE": "licence.md",
    "params": "presets.md",
}
#: Files that are not Markdown and are shown unchanged, under this heading.
_VERBATIM = {"LICENSE": "Licence", "CITATION.cff": "Citing nbradiomics"}
#: Style of pandas, which is removed so that tables of notebooks look like those of the site.
_STYLE_OF_PANDAS = re.compile(r"<style scoped>.*?</style>\n", re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def places() -> dict[str, str]:
    """Return each file of the repository that is on the site, with its path there."""
    docs = (path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*") if path.is_file())
    notebooks = (path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb"))
    return (
        ELSEWHERE
        | {name: name.removeprefix("docs/") for name in docs}
        | {name: name.replace(".ipynb", ".md") for name in notebooks}
    )


def with_links_of_the_site(text: str, source: str, where: dict[str, str]) -> str:
    """Rewrite the relative links of a page from its path in the repository to its path on the site."""

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if target not in where:
            raise SystemExit(f"{source} links to {link['path']}, which is not on the site.")
        start = posixpath.dirname(where[source]) or "."
        return posixpath.relpath(where[target], start) + (link["anchor"] or "")

    parts = _CODE.split(text)  # the odd parts are code
    parts[::2] = [_LINK.sub(moved, part) for part in parts[::2]]
    return "".join(parts)


def presets_page() -> str:
    """Return one page with all parameter files of the package."""
    intro = (
        "The parameter files of the package. Each file explains its values. "
        "Use a file by its name, such as `--params t2w_mr_1mm`."
    )
    parts = ["# Presets", intro]
    for file in sorted((ROOT / "params").glob("*.yaml")):
        parts += [f"## {file.stem}", f"```yaml\n{file.read_text(encoding='utf-8').rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def page_of_text(file: Path, heading: str) -> str:
    """Return a page that shows a file unchanged."""
    kind = "yaml" if file.suffix == ".cff" else "text"
    text = file.read_text(encoding="utf-8").strip("\n")
    return f"# {heading}\n\n```{kind}\n{text}\n```\n"


def notebook_page(source: Path, target: Path) -> str:
    """Render a stored notebook, and write its pictures beside the page."""
    from nbconvert import MarkdownExporter  # from the extra `docs`, which the tests of this file do not need

    text, resources = MarkdownExporter().from_filename(str(source))
    for name, content in resources["outputs"].items():
        (target.parent / f"{target.stem}_{name}").write_bytes(content)
        text = text.replace(f"]({name})", f"]({target.stem}_{name})")
    return _STYLE_OF_PANDAS.sub("", text).replace('<table border="1" class="dataframe">', "<table>")


def assemble(out: Path) -> None:
    """Write all pages and the files that they show to an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    where = places()
    for source, place in where.items():
        file, target = ROOT / source, out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source == "params":
            target.write_text(presets_page(), encoding="utf-8")
        elif source in _VERBATIM:
            target.write_text(page_of_text(file, _VERBATIM[source]), encoding="utf-8")
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
    """Return the pictures of a notebook, which exist only beside its page."""
    names = [path.name for path in target.parent.glob(f"{target.stem}_*")]
    folder = target.parent.relative_to(out).as_posix()
    return {f"{posixpath.dirname(source)}/{name}": f"{folder}/{name}" for name in names}


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
