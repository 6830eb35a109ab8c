"""JSON files with a checksum: nothing in them changes without a message."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nbradiomics.files.checked_json import read_checked, write_checked

CONTENT = {"format": "one 1", "means": [[-1.25, 2.0], [3e-17, 100]], "names": ["T2w é"], "none": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_checked(CONTENT, tmp_path / "model.json")
    return tmp_path / "model.json"


def test_a_file_is_read_as_it_was_written_also_with_another_layout(file: Path) -> None:
    assert read_checked(file) == CONTENT
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")), indent=4, sort_keys=True))
    assert read_checked(file) == CONTENT


def test_each_changed_digit_is_found(file: Path) -> None:
    text = file.read_text("utf-8")
    places = [found.start() for found in re.finditer(r"\d", text)]
    assert len(places) > 60
    for place in places:
        file.write_text(f"{text[:place]}{9 - int(text[place])}{text[place + 1 :]}", "utf-8")
        with pytest.raises(ValueError, match=r"damaged, or was changed|no checksum"):
            read_checked(file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "no JSON object"),
        ("{}", "no checksum"),
        ('{"sha256": 5, "means": NaN}', "damaged"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 5000, "Expecting|nested"),
        ('{"means": ' + "9" * 5000 + "}", "digits"),
        ("", "Expecting"),
        ('{"sha256": "", "name": "\\ud800"}', "damaged"),
    ],
)
def test_what_is_no_such_file_is_told(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(ValueError, match=told):
        read_checked(file)


def test_a_number_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_checked({"mean": float("nan")}, tmp_path / "model.json")
    assert not (tmp_path / "model.json").exists()
