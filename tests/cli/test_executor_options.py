"""The options `--executor` and `--cluster`: nothing that was asked for is ignored silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.helpers import call, two_readers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--executor", "tcp://127.0.0.1:1", "--jobs", "2"),
            "--jobs is the number of processes of this mach",
        ),
        (("--executor", "slurm"), "needs a description of its jobs"),
        (("--executor", "slurm", "--cluster", "absent.yaml"), "absent.yaml"),
        (("--executor", "dask", "--cluster", "some.yaml"), "uses no file of a cluster"),
        (("--cluster", "some.yaml"), "uses no file of a cluster"),
        (("--executor", "pbs"), "there is no executor 'pbs'"),
        (("--executor", "tcp://127.0.0.1:1"), "does not answer"),
    ],
)
def test_what_cannot_be_done_is_refused(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = two_readers(tmp_path, 1)
    assert call("compare", cohort, "--out", tmp_path / "out.csv", *options) == 1
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out.csv").exists()
