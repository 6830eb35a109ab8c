"""Imports point one way, and the command line stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import nbradiomics

PACKAGE = Path(nbradiomics.__file__).parent
#: Rooms in the order in which the data goes through them: each may import only from rooms on its own or an
#: earlier line.
LAYERS = [
    {"errors"},
    {"passing", "streams", "tied", "wording", "guess", "problem"},
    {"atomic", "memory", "names", "regular_file", "sealed", "yaml_file"},
    {"execution", "folder_in_use", "owned_folder"},
    {"tables", "images"},
    {"workspace", "failures", "clinical"},
    {"in_training", "batch_table", "cohort_table", "cohort", "study", "study_file"},
    {"case_region", "components", "lesions", "mask_labels", "provenance", "run_folder", "earlier_folder"},
    {"synthetic", "segmentation", "agreement", "features", "reproducibility"},
    {"outcome"},
    {"checks", "report", "summary"},
    {"stages", "training", "reader_study"},
    {"pipeline"},
    {"demo", "doctor"},
    {"console", "cli_options", "cli_folders"},
    {"cli_steps"},
    {"cli_features", "cli_model", "cli_outcome", "cli_readers", "cli_segment", "cli_train"},
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
    "radiomics",
    "pydantic",
    "joblib",
    "nibabel",
    "jinja2",
}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def imports() -> list[tuple[str, str]]:
    """Every import of the package from itself, as rooms, type checking and functions included."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nbradiomics"):
                names = (
                    [f"{node.module}.{alias.name}" for alias in node.names]
                    if "." not in node.module
                    else [node.module]
                )
                found += [(parts[0], room(name)) for name in names]
    return found


def layer(name: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if name in rooms)


def test_every_room_has_its_place() -> None:
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms == set().union(*LAYERS)


def test_imports_point_one_way() -> None:
    edges = imports()
    assert len(edges) > 100
    wrong = {(source, target) for source, target in edges if layer(target) > layer(source)}
    assert wrong - {("__init__", "__init__")} == set()


def test_rooms_of_the_data_s_way_do_not_know_of_each_other() -> None:
    wrong = {(a, b) for a, b in imports() if a != b and a in APART and b in APART}
    assert wrong == set()


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
    for name in nbradiomics.__all__:
        assert getattr(nbradiomics, name).__doc__, name
    assert set(nbradiomics._HOME) == set(nbradiomics.__all__)
    assert nbradiomics.__version__
