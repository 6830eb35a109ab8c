"""Bad input of many kinds: none of it silently wrong, none a traceback."""

from pathlib import Path

import pytest

from scripts.write_reliability_page import page
from tests.reliability.harness import Variant, parametrised, require_answer
from tests.reliability.kinds import KINDS
from tests.support.paths import ROOT

_PAGE = ROOT / "docs" / "reliability.md"


@parametrised(KINDS)
def test_bad_input_gets_its_answer(
    variant: Variant, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_answer(variant, tmp_path, capfd, monkeypatch)


def test_the_page_lists_what_is_tried() -> None:
    text = _PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m scripts.write_reliability_page docs/reliability.md"


def test_at_least_two_hundred_variants_are_tried() -> None:
    assert sum(len(kind.variants) for kind in KINDS) >= 200
