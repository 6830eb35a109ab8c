"""The demo: make a synthetic cohort and run a whole study on it, in one call."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.atomic import write_text
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.settings import spread
from nbradiomics.synthetic import is_another_cohort, make_cohort
from nbradiomics.workflows.earlier_folder import demo_owner
from nbradiomics.workflows.folder import claim_run
from nbradiomics.workflows.run import RunResult, run

SUBJECTS = 60
#: Agreement and reproducibility need at least two subjects.
FEWEST = 2
#: A smaller cohort has too few events for any verdict: its demo is quick instead.
ENOUGH_FOR_REFITS = 40
REFITS = 50
#: The study file of the demo, as a user would write it, with a comment for each choice.
_STUDY = """\
# A whole study. Paths are relative to this file; a stage without a section is not run.
name: Synthetic demo
synthetic: true            # the report states this on every page
cohort: cohort.csv
lesions: union             # several lesions of a subject become one region
seed: {seed}

segment:
  model: synthetic-demo    # a bundled model; or the folder of your own nnU-Net v2 model

extract:
  params: t2w_mr_anisotropic   # a preset, or your own PyRadiomics parameter file

controls:                  # the same tumours without their texture: what does the model know?
  kinds: [shuffled, neighbourhood]

reproducibility:
  threshold: 0.75          # a feature is stable if the lower limit of its ICC is at least this value
  confidence: 0.95

outcome:
  clinical: clinical.csv
  endpoints:
    - {{name: os, time: os_days, event: os_event}}
  covariates: [age_months, stage, mycn]
  reader: auto             # features come from the model's masks
  timepoint: baseline
  # The next five lines make a demo of some minutes. For a paper leave them out: the defaults are tuned
  # penalties, 5 folds, 10 repeats and 100 refits.
  penalizer: 0.1
  l1_ratio: 0
  folds: 3
  repeats: 3
  refits: {refits}               # samples of the intervals, in which everything is fitted again{no_verdict}
  drawing:                 # how far do the risks depend on who drew the masks?
    folds: true            # also on which fold of the segmentation model
"""


@spread(execution=Execution)
def run_demo(
    out: str | Path,
    *,
    subjects: int = SUBJECTS,
    seed: int = 0,
    replace: bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> RunResult:
    """Make a synthetic cohort under ``out/input`` and run the whole study on it.

    Parameters
    ----------
    out
        Run folder; see `nbradiomics.workflows.folder`. An unfinished demo in it is continued.
    subjects
        Number of subjects, 2 or more. Below about 20 there are too few events for an outcome model, which
        is then listed as a failure.
    seed
        Seed of the cohort; the same seed gives the same tables.
    replace
        First remove the results of another study, or of a demo with another seed, from the folder.
    execution
        Processes and progress display. Each of its fields may be given by its own name: ``jobs=2``.

    Raises
    ------
    InputError
        When there are too few subjects, or `out` contains a demo with another seed, results of another study
        or files that no run wrote.

    Examples
    --------
    >>> done = run_demo("demo", subjects=60, jobs=4)  # doctest: +SKIP
    """
    if subjects < FEWEST:
        raise InputError(f"{subjects} subjects were requested.", f"A demo needs {FEWEST} or more.")
    key = f"demo {subjects} {seed}"
    with working_in(Path(out), f"demo of {subjects} subjects, seed {seed}", key):
        return _run_demo(Path(out), subjects, seed, replace, execution)


def _run_demo(out: Path, subjects: int, seed: int, replace: bool, execution: Execution) -> RunResult:
    folder = out / "input"
    another = is_another_cohort(folder, seed)
    if replace or not another:  # otherwise `make_cohort` reports the existing cohort
        claim_run(out, demo_owner(out), replacing=replace, anew=another)
    make_cohort(folder, subjects=subjects, seed=seed, execution=execution)
    study = folder / "study.yaml"
    write_text(_study(subjects, seed), study)
    return run(study, out, execution=execution)


def _study(subjects: int, seed: int) -> str:
    if subjects >= ENOUGH_FOR_REFITS:
        return _STUDY.format(seed=seed, refits=REFITS, no_verdict="")
    return _STUDY.format(seed=seed, refits=" 0", no_verdict="; 0: no verdict of the controls")
