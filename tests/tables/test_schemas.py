"""The contract of every table: it is read back as it was written, documented, and refused where malformed."""

from __future__ import annotations

import importlib
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest

import nbradiomics
from nbradiomics.agreement.reader_study import ReadersStudy
from nbradiomics.agreement.reader_study.schemas import TABLES, TESTS
from nbradiomics.clinical import read_clinical_table
from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.schema import COHORT
from nbradiomics.dicom.export.schema import EXPORTS
from nbradiomics.dicom.ingest.schema import ACQUISITION, MASKS, NOT_CHOSEN
from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.schema import OWN_ANSWERS
from nbradiomics.features.compliance.verify import verify
from nbradiomics.features.diagnostics import diagnose_cohort
from nbradiomics.features.dictionary_schema import DICTIONARY
from nbradiomics.features.maps import write_maps
from nbradiomics.features.response_maps import write_response_maps
from nbradiomics.features.schema import DIAGNOSTICS, FEATURES, MAPS, RESPONSE_MAPS, VERIFICATION
from nbradiomics.features.slices.schema import SLICES
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import TABLES as HABITATS
from nbradiomics.harmonisation.harmonised_table import HARMONISED_BATCHES
from nbradiomics.harmonisation.schema import FEATURE_NOTES, TREATMENTS
from nbradiomics.pacs.schema import TABLES as PACS
from nbradiomics.perturbation.schema import PERTURBATIONS
from nbradiomics.pictures.schema import PICTURES
from nbradiomics.preparation.schemas import INTENSITIES, MOVED_MASKS, PREPARATION, REGISTRATION
from nbradiomics.reproducibility.clusters.schema import CLUSTERS
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.rings.schema import ROIS
from nbradiomics.segmentation.schema import OUT_OF_FOLD, SPLITS
from nbradiomics.signature.predict import predict_outcome
from nbradiomics.signature.schema import PREDICTED
from nbradiomics.tables import INDEX, write_table, writing
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.workflows.folder import is_run_file
from nbradiomics.workflows.run import run
from nbradiomics.workflows.tables import SCHEMAS
from scripts.write_tables_page import page
from tests.support.helpers import ball, write_cohort, write_scan
from tests.support.paths import ROOT
from tests.support.random_model import make_model

EXAMPLES = {"number": 0.1 + 0.2, "integer": 3, "flag": True}
PATH = Path("folder/table.csv")
IDS = [schema.name for schema in SCHEMAS]
every_schema = pytest.mark.parametrize("schema", SCHEMAS, ids=IDS)


def example(schema: Schema) -> pd.DataFrame:
    """Two rows: one with every cell filled, one in which all is missing that may be."""
    full = {column.name: _cell(column) for column in schema.columns}
    sparse = {name: value for name, value in full.items() if not _column(schema, name).missing}
    return schema.table([full, sparse])


def _cell(column: Column) -> object:
    return EXAMPLES.get(column.kind, column.values[0] if column.values else "007")


def _column(schema: Schema, name: str) -> Column:
    return next(column for column in schema.columns if column.name == name)


def as_read(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """A table of a writer as a reader gets it: a missing text is empty, or what it is read as."""
    texts = {column.name: column.default or "" for column in schema.columns if column.kind == "text"}
    return table.fillna({name: text for name, text in texts.items() if name in table}).replace(
        {name: {"": text} for name, text in texts.items() if name in table and text}
    )


# --- every schema -----------------------------------------------------------------------------------


@every_schema
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_comes_back_with_its_types(tmp_path: Path, schema: Schema, ending: str) -> None:
    table = example(schema)
    assert table.dtypes.astype(str).to_dict() == schema.dtypes
    read = schema.read(write_table(table, tmp_path / f"table.{ending}"))
    pd.testing.assert_frame_equal(read, as_read(table, schema), check_exact=True)


@every_schema
def test_a_table_without_rows_comes_back_with_its_types(tmp_path: Path, schema: Schema) -> None:
    read = schema.read(write_table(schema.empty(), tmp_path / "table.csv"))
    pd.testing.assert_frame_equal(read, schema.empty())
    assert schema.read_if_there(tmp_path / "other.csv") is None


@every_schema
def test_a_missing_column_is_refused_unless_older_tables_lack_it(schema: Schema) -> None:
    for column in schema.columns:
        alone, without = replace(schema, columns=(column,)), pd.DataFrame(index=[0, 1])
        if not column.needed:
            assert (column.name in alone.checked(without, PATH)) == (column.default is not None)
            continue
        with pytest.raises(InputError, match=rf"folder/table\.csv lacks the columns {column.name}\."):
            alone.checked(without, PATH)


@every_schema
@pytest.mark.parametrize("cell", ["many", ""])
def test_a_cell_of_another_type_is_refused(schema: Schema, cell: str) -> None:
    for column in schema.columns:
        alone, wrong = replace(schema, columns=(column,)), pd.DataFrame({column.name: [_cell(column), cell]})
        if column.kind == "text" or (not cell and (column.missing or column.default is not None)):
            alone.checked(wrong, PATH)
            continue
        found = rf"folder/table\.csv, line 3, column {column.name}: .*expected"
        with pytest.raises(InputError, match=found):
            alone.checked(wrong, PATH)


@every_schema
def test_a_schema_is_whole(schema: Schema) -> None:
    assert len(set(schema.names)) == len(schema.names)
    assert set(schema.key) | set(schema.left_out) <= set(schema.names)
    assert all(column.meaning for column in schema.columns)


# --- readers -----------------------------------------------------------------------------------------

SMALL = Schema(
    name="Small",
    file="small.csv",
    row="a thing",
    columns=(
        Column("subject", "text", "who"),
        Column("reading", "integer", "which", default=1),
        Column("sure", "flag", "whether", missing="not known", optional=True),
    ),
)


def read_text(tmp_path: Path, text: str, schema: Schema = SMALL) -> pd.DataFrame:
    path = tmp_path / "small.csv"
    path.write_text(text, encoding="utf-8")
    return schema.read(path)


def test_names_stay_text_and_unknown_columns_too(tmp_path: Path) -> None:
    read = read_text(tmp_path, "Subject,other,reading\n007,01,2.0\nNA,,\n")
    assert read.to_dict("list") == {"subject": ["007", "NA"], "other": ["01", ""], "reading": [2, 1]}


def test_further_columns_get_the_types_of_their_cells(tmp_path: Path) -> None:
    open_one = Schema("Open", "open.csv", "a thing", SMALL.columns, further="numbers")
    read = read_text(tmp_path, ",subject,f,word\n0,007,0.5,a\n1,8,,b\n", open_one)
    assert read["f"].dtype == np.float64
    assert read["word"].tolist() == ["a", "b"]
    assert list(read.columns) == ["subject", "f", "word", "reading"]


def test_a_part_of_a_number_is_no_integer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2, column reading: '1\.5'; whole numbers were expected"):
        read_text(tmp_path, "subject,reading\na,1.5\n")


# --- the real tables ---------------------------------------------------------------------------------

STUDY = """\
cohort: cohort.csv
segment: {model: model, maps: false}
extract: {params: params.yaml}
reproducibility: {min_subjects: 3, studies: {pair: {levels: [A, B]}}, rules: [pair.icc >= -1]}
readers: {consensus: [majority], bootstraps: 100, maps: false}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}, {name: mutation, target: mutant}]
  reader: A
  covariates: [age]
  folds: 2
  repeats: 2
  bootstraps: 100
  refits: 0
  trial: true
  drawing: {drawing_readers: [B]}
  harmonise: {batch: site, covariates: [weight], least_subjects: 2, site_effects: true}
"""
PARAMS = "featureClass: {firstorder: [Mean, Range], glcm: [Contrast]}\n"
SUBJECTS = 12


@dataclass(frozen=True)
class Written:
    """A run folder, and its tables as the writers gave them."""

    folder: Path
    study: Path
    tables: dict[Path, pd.DataFrame]


def make_study(folder: Path) -> Path:
    """Two readers and edited masks, minutes, two sites, an image that cannot be read and an empty mask."""
    rows = []
    for number in range(SUBJECTS):
        masks = {"A": ball(radius=3 + number % 3), "B": ball(radius=3, shift=1), "E": ball(radius=3)}
        if number == 3:
            masks["B"] = np.zeros_like(masks["B"])
        files = write_scan(folder, f"s{number}", masks, seed=number)
        site = "North" if number % 2 else "007"
        rows += [
            f"s{number},{files['image']},{name[0]},{files[name]},{kind},{minutes},{site}"
            for name, kind, minutes in (("A", "independent", 12), ("B", "", ""), ("E", "edited", 4.5))
        ]
    rows.append("s99,damaged.nii.gz,,,,,")
    (folder / "damaged.nii.gz").write_bytes(b"no image")
    write_cohort(folder, rows, "subject,image,reader,mask,reference_kind,minutes,site")
    known = range(SUBJECTS - 1)  # of the last subject the clinic knows nothing
    clinical = {"subject": [f"s{n}" for n in known], "days": [100 + n for n in known], "age": known}
    clinical["weight"] = [n * 7 % 5 for n in known]
    outcomes = {"died": [n % 3 < 2 for n in known], "mutant": [n % 2 for n in known]}
    pd.DataFrame(clinical | outcomes).to_csv(folder / "clinical.csv", index=False)
    make_model(folder / "model")
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "study.yaml").write_text(STUDY)
    return folder / "study.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A whole run, with every table caught before it goes into its file."""
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "study").mkdir()
    study = make_study(folder / "study")
    caught: dict[Path, pd.DataFrame] = {}
    now: list[Path] = []
    whole, guarded = writing.whole, writing.guarded_table

    def keep_path(path: Path) -> AbstractContextManager[Path]:
        now.append(path)
        return whole(path)

    def keep_table(table: pd.DataFrame) -> pd.DataFrame:
        caught[now[-1]] = table
        return guarded(table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "whole", keep_path)
        patch.setattr(writing, "guarded_table", keep_table)
        patch.setattr("nbradiomics.workflows.run.build_report", lambda out: out / "report.html")
        run(study, folder / "out")
    return Written(folder / "out", study, caught)


def pattern_of(schema: Schema) -> str:
    """Pattern of the paths of a table: a word in capitals stands for any name."""
    return re.sub("[A-Z]{4,}", "*", schema.file)


#: Tables that a run does not leave.
ELSEWHERE = (
    DIFFUSION,
    *HABITATS,
    *PACS,
    *(PICTURES, SLICES, DICTIONARY),
    *(OUT_OF_FOLD, SPLITS, PERTURBATIONS, ROIS, DIAGNOSTICS, MAPS, RESPONSE_MAPS, VERIFICATION, CLUSTERS),
    *(PROCESSING, PROCESSING_CLASSES, EXPORTS, ACQUISITION, MASKS, NOT_CHOSEN),
    *(TREATMENTS, FEATURE_NOTES, HARMONISED_BATCHES),
    *(PREPARATION, REGISTRATION, MOVED_MASKS, INTENSITIES),
    *(PREDICTED, OWN_ANSWERS),
)
#: Types of columns that are others in memory.
IN_FILES = {TESTS.name: {"passed": "boolean"}}
OF_A_RUN = [schema for schema in SCHEMAS if schema not in ELSEWHERE]


def require_documented(path: Path, schema: Schema) -> pd.DataFrame:
    """The columns of a file, their types, values and gaps are those of its schema."""
    read = schema.read(path)
    silent = set(schema.left_out) - set(read.columns)
    names = [name for name in schema.names if name not in silent]
    further = list(read.columns)[len(names) :]
    assert list(read.columns) == [*names, *further]
    assert bool(further) <= bool(schema.further)
    for column in schema.columns:
        if column.name in silent:
            continue
        cells = read[column.name]
        assert str(cells.dtype) == column.dtype
        gaps = cells.isna() | (cells.astype(str) == "")
        assert column.missing or not gaps.any(), f"{column.name} is empty"
        assert not column.values or set(cells[~gaps]) <= set(column.values), column.name
    assert not read.duplicated(list(set(schema.key) - silent) or None).any()
    return read


@pytest.mark.parametrize("schema", OF_A_RUN, ids=lambda schema: schema.name)
def test_a_run_writes_what_is_documented(written: Written, schema: Schema) -> None:
    files = sorted(written.folder.glob(pattern_of(schema)))
    assert files
    for path in files:
        read = require_documented(path, schema)
        # The cohort in memory holds the text of its cells; it has a reader of its own.
        if path.suffix == ".csv" and schema is not COHORT:
            table = written.tables[path].astype(IN_FILES.get(schema.name, {}))
            pd.testing.assert_frame_equal(read, as_read(table, schema), check_exact=True)
        again = schema.read(write_table(read, path.parent / f"again{path.suffix}"))
        (path.parent / f"again{path.suffix}").unlink()
        pd.testing.assert_frame_equal(read, again, check_exact=True)


def test_a_run_writes_no_other_table(written: Written) -> None:
    tables = {path for path in written.folder.rglob("*") if path.suffix in (".csv", ".parquet")}
    assert tables == {path for schema in OF_A_RUN for path in written.folder.glob(pattern_of(schema))}


def test_the_run_fills_nearly_every_table(written: Written) -> None:
    empty = {
        schema.name
        for schema in OF_A_RUN
        if all(schema.read(path).empty for path in written.folder.glob(pattern_of(schema)))
    }
    assert empty <= {"Comparison of the segmented cases", "Pairs left out of the needed agreement"}


def test_the_tables_of_single_commands_are_documented(written: Written, tmp_path: Path) -> None:
    image, mask = written.study.parent / "s0.nii.gz", written.study.parent / "s0_A.nii.gz"
    cohort = load_cohort(written.study.parent / "cohort.csv")
    write_maps(image, mask, tmp_path / "maps", params={"featureClass": {"firstorder": ["Mean"]}})
    require_documented(tmp_path / "maps" / MAPS.file, MAPS)
    mean = {"nbradiomics": {"filters": [{"type": "mean", "support": 3}]}}
    write_response_maps(image, tmp_path / "responses", params=mean)
    require_documented(tmp_path / "responses" / RESPONSE_MAPS.file, RESPONSE_MAPS)
    compared = verify(image, mask, params=written.study.parent / "params.yaml").table
    diagnosed, _ = diagnose_cohort(cohort, params=written.study.parent / "params.yaml")
    predicted = predict_outcome(
        written.folder / "outcome" / "os" / "model.zip",
        pd.read_parquet(written.folder / "features.parquet"),
        read_clinical_table(written.study.parent / "clinical.csv"),
        reader="A",
    ).table
    for ending in ("csv", "parquet"):
        for schema, table in ((VERIFICATION, compared), (DIAGNOSTICS, diagnosed), (PREDICTED, predicted)):
            path = write_table(table, tmp_path / f"{schema.name}.{ending}")
            pd.testing.assert_frame_equal(require_documented(path, schema), table, check_exact=True)


# --- the list of all -----------------------------------------------------------------------------------


def test_the_page_is_made_from_the_schemas() -> None:
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert page() == text, "run python -m scripts.write_tables_page docs/tables.md"


def test_every_schema_is_in_the_list() -> None:
    package = Path(nbradiomics.__file__).parent
    stated = set()
    for file in package.rglob("*.py"):
        if "tables.schema import" in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
            stated |= {
                value for value in vars(importlib.import_module(name)).values() if type(value) is Schema
            }
    assert stated == set(SCHEMAS)


def test_the_schemas_agree_with_what_else_names_tables() -> None:
    assert FEATURES.names == [*INDEX, *FEATURES.left_out]
    assert list(TABLES) == [field.name for field in fields(ReadersStudy) if field.name != "overview"]
    names = {"COMPARISON": "readers", "ENDPOINT": "os", "LIST": "metrics"}
    for schema in OF_A_RUN:
        path = re.sub("[A-Z]{4,}", lambda found: names[found[0]], schema.file)
        assert is_run_file(PurePosixPath(path), ())
