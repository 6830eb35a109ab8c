"""Compiled kernels are kept, and never outlive a change of any kernel's source."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from numba.core import config

from nbradiomics.features.native import compiled

CODE = (
    "from nbradiomics.features.native.compiled import cache_folder\n"
    "from nbradiomics.features import extract_features\n"
    "import numpy as np, SimpleITK as sitk\n"
    "image = sitk.GetImageFromArray(np.arange(64.0).reshape(4, 4, 4))\n"
    "extract_features(image, sitk.Cast(image > 9, sitk.sitkUInt8), params={'featureClass': {'ngtdm': []}})\n"
    "print(cache_folder(), sum(1 for _ in cache_folder().rglob('*.code')))\n"
)


def run(home: Path) -> tuple[Path, int]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(home), "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    )
    folder, count = done.stdout.split()
    return Path(folder), int(count)


def test_machine_code_is_kept_in_the_user_s_folder_and_found_again(tmp_path: Path) -> None:
    folder, count = run(tmp_path)
    assert count > 0
    assert tmp_path in folder.parents
    files = {file: file.stat().st_mtime_ns for file in folder.rglob("*.code")}
    assert run(tmp_path) == (folder, count)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.code")} == files
    package = Path(compiled.__file__).parent
    assert not list(package.rglob("*.code"))


def test_without_a_place_to_write_it_compiles_each_time(tmp_path: Path) -> None:
    (tmp_path / "nbradiomics").write_text("a file where the folder would be")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    code = CODE.replace("cache_folder().rglob('*.code')", "[]")
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert not list(Path(compiled.__file__).parent.rglob("*.code"))


def test_the_folder_changes_with_the_source_of_any_kernel(tmp_path: Path, monkeypatch) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "a.py"))
    compiled.cache_folder.cache_clear()
    first = compiled.cache_folder()
    (tmp_path / "b.py").write_text("x = 2\n")
    compiled.cache_folder.cache_clear()
    second = compiled.cache_folder()
    compiled.cache_folder.cache_clear()
    assert first != second


def test_the_place_of_other_compiled_code_stays_as_it_was() -> None:
    before = config.CACHE_DIR
    compiled.compiled(lambda x: x + 1)
    assert before == config.CACHE_DIR
