"""Notes of an extraction are its own, whatever other threads extract at the same time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import ModuleType

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.notes import listening, listening_to_pyradiomics, note
from nbradiomics.features.parameters import load_parameters
from tests.support.helpers import ball, make_image

THREADS = 4


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    import radiomics  # noqa: F401

    found = logging.getLogger("radiomics")
    handlers, level = found.handlers[:], found.level
    found.setLevel(logging.INFO)  # PyRadiomics' own; other tests may have left another
    yield found
    found.handlers = handlers
    found.setLevel(level)


def small_image(seed: int) -> sitk.Image:
    noise = np.random.default_rng(seed).normal(100, 20, ball().shape).astype(np.float32)
    return make_image(noise, (1.0, 1.0, 1.0))


def notes_of(engine: ModuleType, number: int, together: Barrier) -> list[str]:
    """Notes of an extraction that cannot apply a filter of this number's width."""
    parameters = load_parameters(
        {
            "setting": {"binWidth": 10},
            "imageType": {"Original": {}, "LoG": {"sigma": [10.0 + number]}},
            "featureClass": {"firstorder": ["Mean"]},
        }
    )
    together.wait(timeout=60)
    return list(engine.compute(small_image(number), make_image(ball()), parameters).notes)


@pytest.mark.parametrize("engine", [native_engine, pyradiomics_engine])
def test_four_threads_find_each_case_s_own_notes(
    engine: ModuleType, logger: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers, level = logger.handlers[:], logger.level
    together = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(5):
            found = list(pool.map(lambda number: notes_of(engine, number, together), range(THREADS)))
            for number, notes in enumerate(found):
                assert len(notes) == 1, notes
                assert f"sigma({10 + number})" in notes[0]
    assert (logger.handlers, logger.level) == (handlers, level)
    assert all(not handler.filters for handler in handlers)
    assert capfd.readouterr() == ("", "")


def test_what_others_log_meanwhile_reaches_their_handlers(logger: logging.Logger) -> None:
    heard: list[str] = []

    class Hearing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger.addHandler(Hearing())
    with listening_to_pyradiomics() as notes, ThreadPoolExecutor(1) as pool:
        pool.submit(logger.warning, "another's").result()
        logger.warning("own %d", 1)
    logger.warning("afterwards")
    assert notes == ["own 1"]
    assert heard == ["another's", "afterwards"]


def test_one_extraction_within_another_keeps_its_notes_apart(logger: logging.Logger) -> None:
    with listening_to_pyradiomics() as outer:
        logger.warning("before")
        with listening_to_pyradiomics() as inner:
            logger.warning("within")
        logger.warning("after")
    assert (outer, inner) == (["before", "after"], ["within"])


def test_a_logger_that_is_too_quiet_is_heard_and_left_as_it_was(logger: logging.Logger) -> None:
    logger.setLevel(logging.ERROR)
    with listening_to_pyradiomics() as notes:
        logger.warning("heard")
    assert notes == ["heard"]
    assert logger.level == logging.ERROR


def test_the_native_engine_notes_without_a_logger() -> None:
    note("nobody listens")
    with listening() as outer:
        note("before")
        with listening() as inner:
            note("within")
        note("after")
    assert (outer, inner) == (["before", "after"], ["within"])
