"""The model card and the pictures of predictions: what they say is what the file and the table say."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbradiomics as nb
from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, write_outcome
from nbradiomics.outcome.trial.verdict import QUESTION as TRIED
from nbradiomics.report import build_report, explain_prediction, write_model_card
from nbradiomics.report.figures.contributions import Part, shown_parts
from nbradiomics.report.model_card import FILE, write_card_beside
from nbradiomics.signature import load_models, predict_outcome, write_models, write_models_beside
from tests.signature.test_compiled import COVARIATES, cohort
from tests.support.helpers import call

QUICK = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0, penalizer=0.1, l1_ratio=0.0)
SURVIVAL = {"time": "months", "event": "dead"}
STATED = {"setting": {"binWidth": 10}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("outcome")
    result = evaluate_outcome(*cohort(0, prefix="a"), **SURVIVAL, **COVARIATES, settings=QUICK)
    write_models_beside(result, place, name="os", parameters=STATED)
    write_outcome(result, place)
    write_card_beside(place)
    return place


@pytest.fixture(scope="module")
def predicted(folder: Path) -> Any:
    return predict_outcome(folder / "model.zip", *cohort(1, prefix="b"))


def words(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


def test_the_card_says_what_the_file_says(folder: Path) -> None:
    models, text = load_models(folder / "model.zip"), words(folder / FILE)
    content = models.content
    for said in (
        models.sha256,
        content.intended_use,
        f"{content.outcome.events} events",
        "age (numeric), stage (categorical), ward (categorical)",
        content.inputs.parameters,
        "binWidth: 10",
        "The models are not for single patients",
        "quick 95 % interval",
    ):
        assert said in text, said
    combined = models.model("combined").model.outcome.linears[0]
    largest = int(np.argmax(np.abs(combined.coefficients)))
    assert combined.columns[largest].split("__")[-1] in text
    assert f"{combined.coefficients[largest]:.3f}" in text


def test_the_card_answers_in_words_and_says_what_was_not_tried(folder: Path, tmp_path: Path) -> None:
    models, text = load_models(folder / "model.zip"), unescape(words(folder / FILE))
    for answer in models.content.development.answers.values():
        assert " ".join(answer.split()) in text
    assert "were not tried against negative controls" in text
    assert "not tested how far the risks depend on who drew" in text
    assert "Uno's C before" in text
    assert "uno_c" not in text
    result = evaluate_outcome(*cohort(0, prefix="a"), **SURVIVAL, settings=QUICK)
    result.summary["answers"][TRIED] = "Nothing but volume."
    result.summary["drawing"] = {"sentences": ["3 of 90 subjects change the risk group."]}
    write_models_beside(result, tmp_path, name="os")
    tried = words(write_card_beside(tmp_path))
    assert "Nothing but volume." in tried
    assert "3 of 90 subjects change the risk group." in tried
    assert "were not tried" not in tried
    told = result.summary["sentences"]
    write_models_beside(result, tmp_path, name="os")
    assert len(set(told)) == len(told)


def test_no_name_of_a_subject_is_in_the_file_or_on_the_card(folder: Path) -> None:
    features, _ = cohort(0, prefix="a")
    names = set(features["subject"])
    for text in (words(folder / FILE), load_models(folder / "model.zip").content.model_dump_json()):
        assert not any(name in text for name in names)


@pytest.mark.parametrize("asked", [{"target": "grade"}, {"target": "kind"}], ids=["two", "three"])
def test_cards_and_pictures_of_classes(tmp_path: Path, asked: dict[str, str]) -> None:
    features, clinical = cohort(0, prefix="a")
    write_models(evaluate_outcome(features, clinical, **asked, settings=QUICK), tmp_path / "model.zip")
    text = words(write_model_card(tmp_path / "model.zip"))
    assert "Predicts the class of" in text
    done = predict_outcome(tmp_path / "model.zip", cohort(1, prefix="b").__iter__().__next__())
    assert "probability of" in explain_prediction(done, "bp00").caption[0]


def test_the_command_writes_the_card_and_no_other_file(folder: Path, tmp_path: Path) -> None:
    assert call("model-card", folder / "model.zip", "--out", tmp_path / "card.html") == 0
    assert words(tmp_path / "card.html") == words(folder / FILE)
    (tmp_path / "mine.html").write_text("<p>mine</p>", encoding="utf-8")
    assert call("model-card", folder / "model.zip", "--out", tmp_path / "mine.html") == 1
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "<p>mine</p>"
    (tmp_path / "model.zip").write_bytes((folder / "model.zip").read_bytes()[:-9])
    assert call("model-card", tmp_path / "model.zip") == 1


def test_a_card_without_its_file_is_removed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes((folder / FILE).read_bytes())
    assert write_card_beside(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_report_shows_the_file_and_three_subjects(folder: Path, tmp_path: Path) -> None:
    text = words(build_report(folder, tmp_path / "report.html"))
    assert load_models(folder / "model.zip").sha256 in text
    for which in ("highest", "median", "lowest"):
        assert f"{which} risk when held out" in text
    assert "The final model learned from these subjects" in text


def test_a_picture_has_the_parts_of_the_table(predicted: Any, tmp_path: Path) -> None:
    subject = str(predicted.contributions.index[0])
    picture = nb.explain_prediction(predicted, subject, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for column, value in predicted.contributions.loc[subject].abs().nlargest(3).items():
        assert str(column).split("__")[-1] in drawn
        assert f"{predicted.contributions.loc[subject, column]:+.2f}".replace("-", "−") in drawn.replace(
            "-", "−"
        )
        assert value >= 0
    assert picture._repr_html_().startswith("<img")
    assert "probability of the event by" in picture.caption[0]
    for name, error in (("a.txt", "ends in"), ("x/b.pdf", "")):
        if error:
            with pytest.raises(InputError, match=error):
                explain_prediction(predicted, subject, tmp_path / name)
        else:
            explain_prediction(predicted, subject, tmp_path / name)
            assert (tmp_path / name).read_bytes().startswith(b"%PDF")
    with pytest.raises(InputError, match="no prediction for 'nobody'"):
        explain_prediction(predicted, "nobody")


def test_many_columns_are_the_largest_and_the_rest() -> None:
    parts = [Part(f"f{number}", (-1) ** number * number / 10) for number in range(30)]
    shown = shown_parts(parts)
    assert [part.name for part in shown[:2]] == ["f29", "f28"]
    assert shown[-1].name == "18 more columns"
    assert sum(part.value for part in shown) == pytest.approx(sum(part.value for part in parts))
    assert len(shown_parts(parts[:13])) == 13


def test_the_command_draws_each_predicted_subject(folder: Path, tmp_path: Path) -> None:
    features, clinical = cohort(1, prefix="b")
    few = features.head(3).copy()
    few.iloc[1, [place for place, name in enumerate(few) if str(name).startswith("original")]] = np.nan
    few.to_csv(tmp_path / "f.csv", index=False)
    pd.DataFrame(clinical).to_csv(tmp_path / "c.csv", index=False)
    files = [folder / "model.zip", tmp_path / "f.csv", tmp_path / "c.csv"]
    assert call("predict", *files, "--out", tmp_path / "p.csv", "--pictures", tmp_path / "pictures") == 0
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["bp00.png", "bp02.png"]


def test_the_command_validate_takes_a_file_or_four_tables(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("f.csv", "c.csv")
    for name, table in zip(names, cohort(1, prefix="b"), strict=True):
        table.to_csv(tmp_path / name, index=False)
    model, features, clinical = folder / "model.zip", *(tmp_path / name for name in names)
    asked = ["--bootstraps", 0, "--out", tmp_path / "v"]
    assert call("validate", model, features, clinical, *asked) == 0
    assert "nothing was fitted here" in capsys.readouterr().out
    text = words(tmp_path / "v" / "report.html")
    assert "What can this cohort not tell?" in text
    assert load_models(model).sha256 in text
    for files, said in (
        ([model, features], "two tables were expected behind it"),
        ([features, features, clinical], "is no file of models (.zip)"),
        ([model, features, clinical, clinical], "two tables were expected behind it"),
        ([features, clinical], "three or four were expected"),
        ([model, features, clinical, "--penalizer", 1], "--penalizer: the models of a file stay"),
        ([features, clinical, features, clinical, "--model", "radiomic"], "among the models of a file"),
    ):
        assert call("validate", *files, *asked) == 1
        assert said in " ".join(capsys.readouterr().err.split())
