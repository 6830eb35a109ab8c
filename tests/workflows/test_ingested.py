"""What a run records of an ingested cohort, and what its report shows of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from nbradiomics.report.content import Details, Table
from nbradiomics.report.sections.ingest import acquisition_blocks, ingest_steps
from nbradiomics.workflows.ingested import ingest_record

ACQUISITION = """subject,timepoint,sequence,vendor,field_strength,te,spacing_z,contrast,kernel
a,t1,T2w,GE,1.5,80,3,False,
b,t1,T2w,GE,3.0,,3,False,
b,t1,DWI,,3.0,,4,True,
c,t1,T2w,Philips,3.0,80,3,False,
"""


def write(folder: Path) -> pd.DataFrame:
    """Tables of an ingest; the study uses two of its three subjects."""
    (folder / "ingest.provenance.json").write_text("{}")
    (folder / "acquisition.csv").write_text(ACQUISITION)
    (folder / "not_chosen.csv").write_text("subject,reason\nd,no rule matches\na,no rule matches\n")
    causes = "case,stage,cause,hint\nd,ingest,x,y\ne/t1/series q,ingest,x,y\nfiles,ingest,z,y\n"
    (folder / "failures.csv").write_text(causes)
    rows = [("a", "t1", "T2w", "A"), ("a", "t1", "T2w", "B"), ("b", "t1", "T2w", "A"), ("b", "t1", "DWI", "")]
    return pd.DataFrame(rows, columns=["subject", "timepoint", "sequence", "reader"])


def test_images_of_the_study_are_described_and_lost_subjects_counted(tmp_path: Path) -> None:
    record = ingest_record(tmp_path / "cohort.csv", write(tmp_path))
    assert record == {
        "acquisition": [
            {
                "sequence": "DWI", "images": 1, "field_strength": {"3.0": 1},
                "contrast": {"True": 1}, "spacing_z": [4.0, 4.0, 0],
            },
            {
                "sequence": "T2w", "images": 2, "vendor": {"GE": 2}, "field_strength": {"1.5": 1, "3.0": 1},
                "contrast": {"False": 2}, "te": [80.0, 80.0, 1], "spacing_z": [3.0, 3.0, 0],
            },
        ],
        "failures": {"x": 2, "z": 1},
        "not_chosen": {"no rule matches": 2},
        "without_image": 2,
    }  # fmt: skip


def test_the_report_shows_it(tmp_path: Path) -> None:
    run = SimpleNamespace(provenance={"ingest": ingest_record(tmp_path / "cohort.csv", write(tmp_path))})
    (step,) = ingest_steps(run)
    assert (step.number, step.lost) == ("3", ("2 subjects without an image", "2 failures: x", "1 failure: z"))
    assert step.details == ("images converted", "not chosen: no rule matches 2")
    (details,) = acquisition_blocks(run)
    assert isinstance(details, Details)
    (table,) = details.blocks
    assert isinstance(table, Table)
    shown = {row[0]: row[1:] for row in table.rows}
    assert shown["Vendor"] == ("–", "GE")
    assert shown["Field strength (T)"] == ("3.0", "1.5: 1, 3.0: 1")
    assert shown["TE (ms)"] == ("–", "80; not stated: 1")


def test_a_table_whose_columns_were_removed_ends_no_run(tmp_path: Path) -> None:
    cohort = write(tmp_path)
    (tmp_path / "acquisition.csv").write_text("subject,vendor\na,GE\n")
    record = ingest_record(tmp_path / "cohort.csv", cohort)
    assert record is not None
    assert (record["acquisition"], record["without_image"]) == ([], 2)


def test_other_cohorts_have_none(tmp_path: Path) -> None:
    cohort = write(tmp_path)
    (tmp_path / "ingest.provenance.json").unlink()
    assert ingest_record(tmp_path / "cohort.csv", cohort) is None
    run = SimpleNamespace(provenance={})
    assert (ingest_steps(run), acquisition_blocks(run)) == ([], ())
