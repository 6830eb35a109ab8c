"""`evidence.json`: what was written is read, and everything else is refused in words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.evidence.audit.alone import evidence_findings
from nbradiomics.evidence.audit.files import hash_findings
from nbradiomics.evidence.collect.features import feature_facts
from nbradiomics.evidence.computed.ibsi import ibsi_fact
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.evidence.write import EVIDENCE, read_evidence, write_evidence
from nbradiomics.files.checked_json import write_checked
from nbradiomics.tables import write_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "failures.csv").write_text("case,stage,cause,hint\nP1/A,extract,empty,none\n")
    write_evidence(tmp_path, ["failures.csv"])
    return tmp_path


def test_what_was_written_is_read(folder: Path) -> None:
    read = read_evidence(folder)
    assert read == read_evidence(folder / EVIDENCE)
    fact = read.fact("failures")
    assert fact is not None
    assert fact.value == {"number": 1, "by_stage": {"extract": 1}}
    assert [source.file for source in fact.sources] == ["failures.csv"]
    files = read.fact("files")
    assert files is not None
    assert files.value == {"failures.csv": fact.sources[0].sha256}


@pytest.mark.parametrize("cut", [0, 1, 40, -2])
def test_a_truncated_file_is_refused(folder: Path, cut: int) -> None:
    path = folder / EVIDENCE
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match="is not the evidence of a run"):
        read_evidence(path)


@pytest.mark.parametrize("content", ["[]", "3", '"text"', "{}", '{"sha256": "x"}', "[" * 100_000, "\0\xff"])
def test_foreign_content_is_refused(folder: Path, content: str) -> None:
    (folder / EVIDENCE).write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="is not the evidence of a run"):
        read_evidence(folder)


def test_a_changed_digit_is_refused(folder: Path) -> None:
    path = folder / EVIDENCE
    path.write_text(path.read_text().replace('"number": 1', '"number": 2'))
    with pytest.raises(InputError, match="does not have its checksum"):
        read_evidence(path)


def test_a_file_with_the_right_checksum_and_another_content_is_refused(folder: Path) -> None:
    write_checked({"format": 1, "nbradiomics": "0", "facts": [{"name": 3}]}, folder / EVIDENCE)
    with pytest.raises(InputError, match="is not the evidence of a run"):
        read_evidence(folder)


def test_a_later_format_is_named_with_the_version_that_wrote_it(folder: Path) -> None:
    write_checked({"format": 2, "nbradiomics": "9.1", "facts": {}}, folder / EVIDENCE)
    with pytest.raises(InputError, match=r"the format 2, which nbradiomics 9\.1 wrote"):
        read_evidence(folder)


def test_a_huge_file_is_refused_before_it_is_read(folder: Path) -> None:
    with open(folder / EVIDENCE, "r+b") as file:
        file.truncate(300 << 20)
    with pytest.raises(InputError, match="more than 256 MB"):
        read_evidence(folder)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_evidence(tmp_path)
    (tmp_path / EVIDENCE).mkdir()
    with pytest.raises(InputError, match="is not the evidence of a run"):
        read_evidence(tmp_path)


def test_the_phantom_complies_and_its_values_are_in_the_fact() -> None:
    fact = ibsi_fact()
    assert isinstance(fact.value, dict)
    assert fact.value["comply"] == {"ibsi": 105, "pyradiomics": 102}
    volume = fact.value["values"]["morph_volume"]  # type: ignore[call-overload,index]
    assert volume == {
        "reference": 556,
        "tolerance": 4,
        "ibsi": pytest.approx(556.333333),
        "pyradiomics": pytest.approx(556.333333),
    }
    json.dumps(Evidence(nbradiomics="0", facts=(fact,)).model_dump(mode="json"), allow_nan=False)


def test_families_of_the_ibsi_are_counted_apart_and_a_wrong_one_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fact = ibsi_fact(families=True)
    value: Any = fact.value
    assert value["features"] == 105
    families = value["families"]
    assert (families["features"], families["comply"], families["differ"]) == (482, 482, [])
    assert "ivh_auc" in families["without_reference"]
    assert "Of the IBSI's families, 482 of 482 values" in fact.text
    verdicts = {f.check: f.verdict for f in evidence_findings(Evidence(nbradiomics="0", facts=(fact,)))}
    assert (verdicts["ibsi"], verdicts["ibsi here"]) == ("holds", "holds")

    def wrong(*_: object) -> pd.DataFrame:
        return pd.DataFrame({"verdict": ["complies", "differs"]}, index=["cm_corr_3D_avg", "stat_mean"])

    monkeypatch.setattr("nbradiomics.evidence.computed.ibsi.family_verdicts", wrong)
    found = {f.check: f for f in evidence_findings(Evidence(nbradiomics="0", facts=(fact,)))}
    assert found["ibsi here"].verdict == "broken"
    assert "stat_mean is out of tolerance" in str(found["ibsi here"])
    assert found["ibsi"].verdict == "broken"


def test_features_are_counted_by_origin_and_the_missing_ones_are_named(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "subject": ["a", "b", "c"],
            "original_shape_Sphericity": [0.5, 0.6, np.nan],
            "original_cm_corr_3D_avg": [1.0, np.nan, np.nan],
            "mean-5_glcm_Contrast": [1.0, 2.0, np.nan],
            "laws-L5L5E5-max_stat_mean": np.nan,
        }
    )
    index = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour", "reader": "A", "reading": 1}
    index |= {"variant": "original", "engine": "native 1", "in_training": ""}
    write_table(table.assign(**index), tmp_path / "features.parquet")
    (fact,) = feature_facts(ResultFolder.of(tmp_path, ["features.parquet"]))
    value: Any = fact.value
    assert (value["number"], value["by_origin"]) == (4, {"pyradiomics": 1, "families": 1, "filters": 2})
    assert value["by_class"] == {"cm": 1, "glcm": 1, "shape": 1, "stat": 1}
    assert value["filters"] == ["laws-L5L5E5-max", "mean-5"]
    assert value["without_any_value"] == ["laws-L5L5E5-max_stat_mean"]
    # The third mask has no value at all: it is in the count of rows, and of no feature.
    assert value["without_some_values"] == 1
    assert "1 feature without a value for any mask: laws-L5L5E5-max_stat_mean." in fact.text
    assert "1 feature without a value for some" in fact.text


def test_other_line_ends_are_no_change(folder: Path) -> None:
    """A copy through git on Windows has other line ends."""
    table, known = folder / "failures.csv", read_evidence(folder)
    content = table.read_bytes()
    table.write_bytes(content.replace(b"\n", b"\r\n"))
    files = ResultFolder.of(folder, ["failures.csv"])
    assert [one for one in hash_findings(files, known) if one.verdict != "holds"] == []
    table.write_bytes(content.replace(b"P1", b"P2").replace(b"\n", b"\r\n"))
    files = ResultFolder.of(folder, ["failures.csv"])
    assert [one.file for one in hash_findings(files, known) if one.verdict == "broken"] == ["failures.csv"]
