"""The file of a SLURM cluster: what it means, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.executors.slurm import SlurmCluster
from nbradiomics.execution.executors.slurm_settings import SlurmSettings, read_slurm_settings

GOOD = {"memory": "4GB", "walltime": "04:00:00", "maximum": 20}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"memory": "4"}, "memory: an amount such as 4GB"),
        ({"memory": "0GB"}, "memory: an amount"),
        ({"memory": "much"}, "memory: an amount"),
        ({"walltime": "4:00"}, "walltime: a time such as 04:00:00"),
        ({"walltime": "04:60:00"}, "walltime: a time"),
        ({"maximum": 0}, "maximum"),
        ({"minimum": 21}, "minimum (21) is larger than maximum (20)"),
        ({"partition": "long"}, "unknown key 'partition'"),
        ({"directives": ["--a\n--b"]}, "one line"),
        ({"cores": 0}, "cores"),
    ],
)
def test_a_wrong_description_of_jobs_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as error:
        SlurmSettings(**{**GOOD, **change})
    assert words in str(error.value)


def test_the_file_is_named_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text("memory: 4GB\nwalltime: '04:00:00'\n")
    with pytest.raises(InputError, match=r"cluster\.yaml: maximum: missing"):
        read_slurm_settings(file)
    file.write_text("")
    with pytest.raises(InputError, match="has no keys"):
        read_slurm_settings(file)
    file.write_text("memory: 4GB\nwalltime: 1-12:00:00\nmaximum: 3\n")
    assert read_slurm_settings(file).walltime == "1-12:00:00"


def test_the_job_is_what_the_file_says() -> None:
    dask_jobqueue = pytest.importorskip("dask_jobqueue")
    settings = SlurmSettings(
        **GOOD,
        queue="long",
        account="lab",
        cores=2,
        directives=("--constraint=avx2",),
        setup=("module load py",),
    )
    job = dask_jobqueue.slurm.SLURMJob(
        "tcp://head:1",
        name="w",
        **{
            name: value
            for name, value in SlurmCluster(settings)._options().items()
            if name not in ("silence_logs", "scheduler_options")
        },
    )
    lines = job.job_script().splitlines()
    for line in (
        "#SBATCH -p long",
        "#SBATCH -A lab",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --mem=4G",
        "#SBATCH -t 04:00:00",
        "#SBATCH --constraint=avx2",
        "#SBATCH --output=/dev/null",
        "module load py",
        "export OMP_NUM_THREADS=1",
        "export DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE=False",
    ):
        assert line in lines, (line, lines)
    command = lines[-1]
    for option in ("--nthreads 1", "--nanny", "--local-directory /tmp", "--no-dashboard", "--memory-limit"):
        assert option in command
