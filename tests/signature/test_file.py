"""The file of models: the same bytes for the same evaluation, and refused if a bit of it is another one."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome
from nbradiomics.signature.archive import packed, read_archive
from nbradiomics.signature.read import CONTENT, load_models
from nbradiomics.signature.write import write_models, write_models_beside
from tests.support.outcome_tables import make_cohort

QUICK = OutcomeSettings(folds=3, repeats=1, refits=0, bootstraps=0, penalizer=0.2, l1_ratio=0.0)
ASKED = {"time": "months", "event": "dead", "covariates": ["age"], "settings": QUICK}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.zip"
    write_models(evaluate_outcome(*make_cohort(0, subjects=40, features=4), **ASKED), path)
    return path


def test_the_same_evaluation_gives_the_same_file(file: Path, tmp_path: Path) -> None:
    features, clinical = make_cohort(0, subjects=40, features=4)
    result = evaluate_outcome(features.iloc[::-1], clinical.sample(frac=1, random_state=0), **ASKED)
    digest = write_models(result, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()
    assert load_models(file).sha256 == digest


def test_the_order_of_rows_does_not_change_the_file_of_classes(tmp_path: Path) -> None:
    features, clinical = make_cohort(0, subjects=40, features=4)
    clinical["kind"] = np.resize(["y", "z", "x", "unknown"], 40)
    asked = {"target": "kind", "missing": {"kind": ["unknown"]}, "settings": QUICK}
    same = [
        write_models(evaluate_outcome(*tables, **asked), tmp_path / "model.zip")
        for tables in ((features, clinical), (features.iloc[::-1], clinical.iloc[::-1]))
    ]
    assert same[0] == same[1]


def test_no_name_of_a_subject_stands_in_the_file(tmp_path: Path) -> None:
    features, clinical = (
        table.assign(subject="Known" + table["subject"]) for table in make_cohort(0, subjects=40, features=4)
    )
    clinical["months"] = clinical["months"].mask(clinical["subject"] == "Knownp00")  # left out, and told
    features["in_fit"] = np.where(features["subject"] == "Knownp01", "yes", "no")
    result = evaluate_outcome(features, clinical, **ASKED)
    assert "Knownp01" in " ".join(result.summary["sentences"])
    write_models(result, tmp_path / "model.zip")
    assert b"Known" not in (tmp_path / "model.zip").read_bytes()
    assert load_models(tmp_path / "model.zip").content.subjects.number == 38


@pytest.mark.parametrize("seed", range(30))
def test_a_changed_bit_is_found(file: Path, tmp_path: Path, seed: int) -> None:
    content = bytearray(file.read_bytes())
    place = int(np.random.default_rng(seed).integers(8 * len(content)))
    content[place // 8] ^= 1 << place % 8
    damaged = tmp_path / "model.zip"
    damaged.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.zip"):
        load_models(damaged)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    content = file.read_bytes()
    (tmp_path / "model.zip").write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"model\.zip"):
        load_models(tmp_path / "model.zip")


def rewritten(file: Path, path: Path, **changes: object) -> Path:
    """A valid archive with a changed content, as somebody who knows the format writes it."""
    members, _ = read_archive(file)
    content = json.loads(members[CONTENT])
    for key, value in changes.items():
        place = content
        *parents, last = key.split("__")
        for parent in parents:
            place = place[int(parent) if parent.isdigit() else parent]
        if value is None:
            del place[last]
        else:
            place[last] = value
    path.write_bytes(packed({**members, CONTENT: json.dumps(content).encode()}))
    return path


MODEL = "models__1__model"


@pytest.mark.parametrize(
    "changes",
    [
        {"models": "none"},
        {"further": 1},
        {"outcome": None},
        {"outcome__kind": "stars"},
        {"subjects__number": -1},
        {"subjects__number": "40"},
        {f"{MODEL}__outcome__cut": 1e400},
        {f"{MODEL}__outcome__kind": "forest"},
        {f"{MODEL}__outcome__linear__coefficients": [1.0]},
        {f"{MODEL}__outcome__linear__centre": []},
        {f"{MODEL}__outcome__baseline__steps": [1.0]},
        {f"{MODEL}__outcome__baseline__top": "nan"},
        {f"{MODEL}__blocks__0__steps__0__kind": "pickle"},
        {f"{MODEL}__blocks__0__steps__1__values": [1.0, 2.0]},
        {f"{MODEL}__blocks__0__steps__2__spread": [0.0] * 4},
        {"models__1__novelty_mean": []},
        {"models__1__novelty_limit": True},
        {"models__1__contributions__0__quantiles": [1.0]},
    ],
    ids=lambda changes: str(next(iter(changes.items())))[:60],
)
def test_a_content_that_models_cannot_have_is_refused(
    file: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    assert load_models(rewritten(file, tmp_path / "same.zip")).names == ("clinical", "radiomic", "combined")
    with pytest.raises(InputError, match=r"model\.zip"):
        load_models(rewritten(file, tmp_path / "model.zip", **changes))


def archive(members: dict[str, bytes], **options: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def _npy(values: np.ndarray, shape: tuple[int, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    stated = f"{values.shape}".encode()
    # A header that announces more than the file has.
    return (
        buffer.getvalue().replace(stated, f"{shape}".encode().ljust(len(stated)))
        if shape
        else buffer.getvalue()
    )


def test_other_files_are_refused_and_nothing_of_them_runs(file: Path, tmp_path: Path) -> None:
    members, _ = read_archive(file)
    pickled = io.BytesIO()
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    others = {
        "text": b"subject,risk\n",
        "empty": b"",
        "zip": archive({"a.txt": b"a"}),
        "compressed": archive({"a.txt": b"a" * 10_000_000}, compression=zipfile.ZIP_DEFLATED),
        "path": packed({**members, "../../outside": b"a"}),
        "further": packed({**members, "further.json": b"{}"}),
        "pickle": packed({**members, "radiomic_covariance.npy": pickled.getvalue()}),
        "shape": packed({**members, "radiomic_covariance.npy": members["clinical_covariance.npy"]}),
        "absent": packed({name: each for name, each in members.items() if "combined" not in name}),
        "deep": packed({**members, CONTENT: b"[" * 100_000 + b"]" * 100_000}),
        "behind": file.read_bytes() + b"more",
        "renamed": packed(
            {name.replace("radiomic_cov", "radiomics_cov"): each for name, each in members.items()}
        ),
        "nan": packed({**members, "radiomic_covariance.npy": _npy(np.full((4, 4), np.nan))}),
        "skewed": packed({**members, "radiomic_covariance.npy": _npy(np.arange(16.0).reshape(4, 4))}),
        "huge": packed({**members, "radiomic_covariance.npy": _npy(np.zeros(1), shape=(10**9, 10**9))}),
        "literal": packed(
            {
                **members,
                CONTENT: members[CONTENT].replace(b'"novelty_limit": ', b'"novelty_limit": NaN, "a": '),
            }
        ),
    }
    for name, content in others.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
        with pytest.raises(InputError, match=f"{name}.zip"):
            load_models(tmp_path / f"{name}.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.zip" for name in others)
    with pytest.raises(InputError, match=r"absent\.zip"):
        load_models(tmp_path / "missing" / "absent.zip")


def test_another_version_is_told(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes().replace(b'"version": 1', b'"version": 2')
    (tmp_path / "model.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"model\.zip"):
        load_models(tmp_path / "model.zip")


def test_trees_have_no_file_and_the_summary_says_so(tmp_path: Path) -> None:
    features, clinical = make_cohort(0, subjects=40, features=4)
    clinical["grade"] = (features["f0"] > 0).map({True: "high", False: "low"})
    (tmp_path / "model.zip").write_bytes(b"of an earlier evaluation")
    settings = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0, method="random_forest")
    result = evaluate_outcome(features, clinical, target="grade", settings=settings)
    write_models_beside(result, tmp_path)
    assert result.summary["model_file"] is None
    assert "are trees, and cannot be written as a file" in result.summary["sentences"][-1]
    assert list(tmp_path.iterdir()) == []
