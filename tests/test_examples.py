"""The example of every public function runs as it stands, and every one documents its parameters."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import nbradiomics
from nbradiomics.images.io import read_image
from tests.support.dicom_sources import write_classic
from tests.support.dicom_studies import as_file, cohort
from tests.support.dicomweb_server import FakePacs, serving
from tests.support.habitat_phantoms import write_planted
from tests.support.helpers import two_readers

FUNCTIONS = {
    name: found
    for name in nbradiomics.__all__
    if isinstance(found := getattr(nbradiomics, name), FunctionType)
}
STUDY = "cohort: cohort.csv\nextract: {params: params.yaml}\nreaders: {maps: false, bootstraps: 100}\n"


def feature_table(subjects: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features by two readers, of which one is steady, and survival that depends on it."""
    rng = np.random.default_rng(0)
    signal, names = rng.normal(size=subjects), [f"s{number:02}" for number in range(subjects)]
    tables = [
        pd.DataFrame(
            {
                "subject": names,
                "reader": reader,
                "original_firstorder_Mean": signal + rng.normal(0, 0.05, subjects),
                "original_firstorder_Range": rng.normal(size=subjects),
            }
        )
        for reader in ("A", "B")
    ]
    time = rng.exponential(np.exp(-signal)) * 300 + 1
    clinical = pd.DataFrame(
        {"subject": names, "os_days": time.round(1), "os_event": rng.random(subjects) < 0.8}
    )
    return pd.concat(tables, ignore_index=True), clinical.assign(age=rng.integers(1, 90, subjects))


def write_pictures(folder: Path) -> None:
    """A picture with its mask, and the table that names them."""
    values = np.random.default_rng(1).integers(0, 256, (16, 20)).astype(np.uint8)
    mask = np.zeros_like(values)
    mask[4:12, 5:15] = 255
    for name, pixels in {"lesion": values, "lesion_mask": mask}.items():
        sitk.WriteImage(sitk.GetImageFromArray(pixels), str(folder / f"{name}.png"))
    (folder / "pictures.csv").write_text("subject,image,reader,mask\ns1,lesion.png,A,lesion_mask.png\n")


def write_sources(folder: Path) -> None:
    """DICOM series of which the images of the cohort could be made, and the table that names them."""
    rows = pd.read_csv(folder / "cohort.csv").drop_duplicates("image")
    uids = [f"1.2.826.0.1.3680043.8.498.40.{number}" for number in range(len(rows))]
    for uid, image in zip(uids, rows["image"], strict=True):
        pixels = sitk.RescaleIntensity(read_image(folder / image), 0, 60_000)
        write_classic(pixels, folder / "dicom" / uid, uid)
    rows.assign(series=uids)[["subject", "series"]].to_csv(folder / "acquisition.csv", index=False)


@pytest.fixture(scope="module")
def pacs() -> Iterator[str]:
    """Address of a server that holds three patients with two series each."""
    with serving(FakePacs(cohort(slices=3))) as server:
        yield server.url


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, pacs: str) -> tuple[Path, dict[str, Any]]:
    """Folder with what the examples read, and the names that they use."""
    folder = tmp_path_factory.mktemp("examples") / "folder"
    folder.mkdir()
    two_readers(folder)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    features, clinical = feature_table()
    clinical.to_csv(folder / "clinical.csv", index=False)
    asked = {"time": "os_days", "event": "os_event", "reader": "A", "folds": 2, "repeats": 1, "bootstraps": 0}
    result = nbradiomics.evaluate_outcome(features, clinical, **asked)
    nbradiomics.make_cohort(folder / "made", subjects=1)
    rows = pd.read_csv(folder / "made" / "cohort.csv")
    rows[rows["reader"] == "A"].to_csv(folder / "made" / "cohort.csv", index=False)
    nbradiomics.run(folder / "study.yaml", folder / "results")
    write_sources(folder)
    write_pictures(folder)
    (folder / "diffusion").mkdir()
    write_planted(folder / "diffusion")
    maps = nbradiomics.fit_adc(folder / "diffusion" / "cohort.csv", out=folder / "maps").cohort
    habitats = nbradiomics.find_habitats(
        maps, out=folder / "habitats", channels=["ADC"], clusters=2, fit_folds=2, sample=1000
    )
    habitats.model.write(folder / "habitats.json")
    (folder / "segmentations").mkdir()
    for number, dataset in enumerate(cohort(patients=1, slices=3)[:3]):
        (folder / "segmentations" / f"{number}.dcm").write_bytes(as_file(dataset))
    (folder / "export").mkdir()
    for number, dataset in enumerate(cohort(patients=2, slices=5)):
        (folder / "export" / f"{number}").write_bytes(as_file(dataset))
    (folder / "rules.yaml").write_text("sequences: {T2w: {description: T2w}}\n")
    key = folder.parent / "safe" / "ingest.key"
    nbradiomics.ingest(folder / "export", out=folder / "ingested", key=key, rules=folder / "rules.yaml")
    (folder / "hospital.csv").write_text("mrn,age,stage,ward\nPAT001,14,M,7\nPAT002,56,L1,7\n")
    public = {name: getattr(nbradiomics, name) for name in nbradiomics.__all__}
    names = {
        "pacs": pacs,
        "features": features,
        "clinical": clinical,
        "result": result,
        "pd": pd,
        "Path": Path,
    }
    return folder, {**public, **names, "nbradiomics": nbradiomics}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_public_function_runs(
    name: str, example: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, names = example
    monkeypatch.chdir(folder)
    if name == "make_cohort":
        monkeypatch.chdir(folder.parent)
    parser, checker = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    test = parser.get_doctest(inspect.getdoc(FUNCTIONS[name]) or "", dict(names), name, None, None)
    assert test.examples, f"{name} has no example"
    said: list[str] = []
    failed, _ = checker.run(test, out=said.append)
    assert failed == 0, "".join(said)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_of_a_public_function_is_documented(name: str) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    for parameter in inspect.signature(FUNCTIONS[name]).parameters:
        assert any(parameter in line.replace(" ", "").split(",") for line in text.splitlines() if line), (
            f"{name}: {parameter}"
        )
