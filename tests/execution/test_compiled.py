"""Compiled kernels are kept, and never outlive a change of any kernel's source."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import config

from nbradiomics.execution import compiled
from nbradiomics.execution.kept_code import _File
from tests.support.damage import flipped

CODE = (
    "from nbradiomics.execution.compiled import cache_folder\n"
    "from nbradiomics.features import native\n"
    "from nbradiomics.features import extract_features\n"
    "import pathlib, numpy as np, SimpleITK as sitk\n"
    "image = sitk.GetImageFromArray(np.arange(64.0).reshape(4, 4, 4))\n"
    "extract_features(image, sitk.Cast(image > 9, sitk.sitkUInt8), params={'featureClass': {'ngtdm': []}})\n"
    "folder = cache_folder(pathlib.Path(native.__file__).parent)\n"
    "print(folder, sum(1 for _ in folder.rglob('*.code')))\n"
)


def run(home: Path) -> tuple[Path, int]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(home), "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    )
    folder, count = done.stdout.split()
    return Path(folder), int(count)


@pytest.mark.slow
def test_machine_code_is_kept_in_the_user_s_folder_and_found_again(tmp_path: Path) -> None:
    folder, count = run(tmp_path)
    assert count > 0
    assert tmp_path in folder.parents
    files = {file: file.stat().st_mtime_ns for file in folder.rglob("*.code")}
    assert run(tmp_path) == (folder, count)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.code")} == files
    package = Path(compiled.__file__).parents[1]
    assert not list(package.rglob("*.code"))


def values_and_files(home: Path) -> tuple[str, dict[Path, bytes]]:
    """Values of a class whose code is kept there, computed by a new process, and the files of the code."""
    code = CODE.rpartition("print(")[0].replace("extract_features(", "values = extract_features(")
    environment = {**os.environ, "XDG_CACHE_HOME": str(home), "HOME": str(home)}
    command = [sys.executable, "-c", code + "print(values.to_json())"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout, {file: file.read_bytes() for file in home.rglob("*.code")}


DAMAGES = (
    lambda content: flipped(content, 4 * len(content)),
    lambda content: content[: len(content) // 2],
    lambda _content: b"",
    lambda content: bytes(len(content)),
    # What another Python wrote: this one cannot read a pickle of protocol 9.
    lambda content: content[:32] + b"\x80\x09" + content[34:],
)


@pytest.mark.slow
def test_stored_code_runs_without_what_numba_compiles_with_and_can_be_compiled_into_other_code(
    tmp_path: Path,
) -> None:
    """The second process loads all; those after it miss one kernel each, which may call stored ones.

    Code that is only called by other code is part of that.
    """
    code = CODE + "import sys\nprint('numba.np.arraymath' in sys.modules)\n"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}

    def compiles() -> bool:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        return done.stdout.split()[-1] == "True"

    assert compiles()
    assert not compiles()
    for file in list(tmp_path.rglob("*.code")):
        file.unlink()
        assert compiles() == file.exists()
    assert len(list(tmp_path.rglob("*.code"))) > 1


@pytest.mark.slow
def test_damaged_code_is_compiled_again_and_gives_the_same_values(tmp_path: Path) -> None:
    expected, files = values_and_files(tmp_path)
    assert len(files) > 1
    damaged = {
        file: DAMAGES[number % len(DAMAGES)](content) for number, (file, content) in enumerate(files.items())
    }
    for file, content in damaged.items():
        file.write_bytes(content)
    found, healed = values_and_files(tmp_path)
    assert found == expected
    assert healed.keys() == files.keys()
    assert all(healed[file] != damaged[file] for file in files)


def test_what_is_no_file_is_no_code(tmp_path: Path) -> None:
    made = _File(tmp_path / "a.code")
    made.save("key", [1])
    assert made.load("key") == [1]
    assert made.load("other") is None
    content = (tmp_path / "a.code").read_bytes()
    (tmp_path / "b.code").write_bytes(content)  # that of another function
    assert _File(tmp_path / "b.code").load("key") is None
    for bit in range(0, 8 * len(content), 5):
        (tmp_path / "a.code").write_bytes(flipped(content, bit))
        assert made.load("key") is None
    (tmp_path / "a.code").unlink()
    os.mkfifo(tmp_path / "a.code")
    assert made.load("key") is None
    made.save("key", [2])
    assert made.load("key") == [2]


@pytest.mark.slow
def test_without_a_place_to_write_it_compiles_each_time(tmp_path: Path) -> None:
    (tmp_path / "nbradiomics").write_text("a file where the folder would be")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    code = CODE.replace("folder.rglob('*.code')", "[]")
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert not list(Path(compiled.__file__).parents[1].rglob("*.code"))


def test_the_folder_changes_with_the_source_of_any_kernel(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    for name in ("a.py", "room/b.py"):
        (tmp_path / name).write_text("x = 1\n")
    first = compiled.cache_folder(tmp_path)
    (tmp_path / "room" / "b.py").write_text("x = 2\n")
    compiled.cache_folder.cache_clear()
    assert compiled.cache_folder(tmp_path) != first


def test_an_engine_is_a_folder_inside_a_room() -> None:
    package = Path(compiled.__file__).parents[1]
    engine = package / "features" / "native"
    assert compiled.engine_of(engine / "voxel" / "glcm.py") == engine
    assert compiled.engine_of(engine / "arithmetic.py") == engine
    assert (engine / "__init__.py").is_file()


def test_the_place_of_other_compiled_code_stays_as_it_was() -> None:
    before = config.CACHE_DIR
    compiled.compiled(lambda x: x + 1)
    assert before == config.CACHE_DIR
