"""Imports point one way, at every level of the package, and the command line stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nbradiomics

PACKAGE = Path(nbradiomics.__file__).parent
#: Rooms in the order in which the data goes through them: each may import only from rooms on its own or an
#: earlier line.
LAYERS = [
    {"errors"},
    {"system", "messages"},
    {"files", "settings", "nomenclature"},
    {"tables", "images"},
    {"execution", "clinical"},
    {"cohort"},
    {"perturbation", "preparation", "rings", "pictures", "dicom", "pacs"},
    {"synthetic", "segmentation", "agreement", "habitats", "features", "reproducibility"},
    {"harmonisation"},
    {"outcome"},
    {"signature"},
    {"study"},
    {"evidence"},
    {"report"},
    {"workflows"},
    {"doctor"},
    {"cli"},
    {"__init__", "__main__"},
]
#: Rooms of one line that must not know of each other.
APART = next(rooms for rooms in LAYERS if "features" in rooms)
HEAVY = {
    "torch",
    "nnunetv2",
    "SimpleITK",
    "pandas",
    "numpy",
    "scipy",
    "sklearn",
    "matplotlib",
    "lifelines",
    "firthmodels",
    "sksurv",
    "radiomics",
    "pydantic",
    "pydicom",
    "highdicom",
    "dicomweb_client",
    "dask",
    "distributed",
    "joblib",
    "nibabel",
    "jinja2",
    "PIL",
}


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imports() -> Iterator[tuple[str, str]]:
    """Every import of one module of the package by another, type checking and functions included."""
    for name, file in MODULES.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names if alias.name in MODULES)
            elif isinstance(node, ast.ImportFrom) and node.module in MODULES and node.level == 0:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield name, inner if inner in MODULES else node.module


@cache
def edges() -> list[tuple[str, str]]:
    """All imports, read once and only where they are tested: every process of the tests loads this file."""
    return sorted(set(imports()))


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def layer(name: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if name in rooms)


def test_every_room_has_its_place() -> None:
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms == set().union(*LAYERS)


def test_the_root_holds_rooms_and_four_files() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "__main__", "errors", "doctor"}


def test_imports_among_rooms_point_one_way() -> None:
    between = {(room(source), room(target)) for source, target in edges()}
    assert len(between) > 50
    assert {(source, target) for source, target in between if layer(target) > layer(source)} == set()


def test_rooms_of_the_data_s_way_do_not_know_of_each_other() -> None:
    between = {(room(source), room(target)) for source, target in edges()}
    assert {(a, b) for a, b in between if a != b and a in APART and b in APART} == set()


def test_no_module_imports_the_room_that_it_lies_in() -> None:
    assert [(source, target) for source, target in edges() if source.startswith(f"{target}.")] == []


PACKAGES = [name for name, file in MODULES.items() if file.name == "__init__.py" and "." in name]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_inside_a_room_point_one_way(package: str) -> None:
    """The parts of a room, files and rooms in it, have an order in which each knows earlier ones alone."""
    depth = package.count(".") + 1
    known: dict[str, set[str]] = {}
    for source, target in edges():
        if source.startswith(f"{package}.") and target.startswith(f"{package}."):
            one, other = source.split(".")[depth], target.split(".")[depth]
            if one != other:
                known.setdefault(one, set()).add(other)
    try:
        list(TopologicalSorter(known).static_order())
    except CycleError as error:
        pytest.fail(f"imports go round in {package}: {' -> '.join(error.args[1])}")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib, io\n"
        "from nbradiomics.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "typer" in done.stdout.split()
    assert HEAVY & set(done.stdout.split()) == set()


def test_every_public_name_is_there_and_documented() -> None:
    assert len(nbradiomics.__all__) > 30
    for name in nbradiomics.__all__:
        assert getattr(nbradiomics, name).__doc__, name
    assert nbradiomics.__version__
