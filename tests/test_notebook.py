"""The tutorials run from the first cell to the last."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.paths import DATA, ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A notebook that trains does so for a moment only; its kernel inherits the environment.
    monkeypatch.setenv("NBRADIOMICS_QUICK", "1")
    notebook = nbformat.read(path, as_version=4)
    if "NBRADIOMICS_TEST_DATA" in "".join(cell["source"] for cell in notebook.cells):
        if not DATA.is_dir():
            pytest.skip(f"no real data at {DATA}; set NBRADIOMICS_TEST_DATA to its folder")
        monkeypatch.setenv("NBRADIOMICS_TEST_DATA", str(DATA.resolve()))
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    errors = [output for output in outputs if output.get("name") == "stderr"]
    assert errors == []
