"""Damaged, hostile and huge input: none of it silently wrong, none a traceback, none without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.harness import Variant, parametrised, require_answer
from tests.robustness.kinds import KINDS


@parametrised(KINDS)
def test_hostile_input_gets_its_answer(
    variant: Variant, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_answer(variant, tmp_path, capfd, monkeypatch)
