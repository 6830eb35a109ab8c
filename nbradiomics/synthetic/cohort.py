"""Write a synthetic cohort: images, masks of three readers, the tables, and the known truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.atomic import write_text
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.images.io import write_image
from nbradiomics.settings import spread
from nbradiomics.synthetic import outcomes
from nbradiomics.synthetic.case import COHORT_NAMESPACE, make_case, seed_of
from nbradiomics.synthetic.diffusion import Diffusion
from nbradiomics.synthetic.diffusion_files import (
    describe_diffusion,
    diffusion_files,
    habitat_truth,
    write_diffusion,
)
from nbradiomics.synthetic.outcomes import Outcome, draw_outcome
from nbradiomics.synthetic.readers import READERS, draw_contour
from nbradiomics.synthetic.scanners import SCANNERS, Scanner
from nbradiomics.synthetic.tumour import Tumour, draw_tumour
from nbradiomics.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

#: Version of the generator: increased when equal seeds no longer give equal files.
GENERATOR = 1
_TRUTH = "truth.json"


@dataclass(frozen=True)
class Subject:
    """One subject without its images; equal `seed` and `index` give equal subjects."""

    seed: int
    index: int
    tumour: Tumour
    outcome: Outcome
    scanner: Scanner
    diffusion: Diffusion | None = None

    @property
    def name(self) -> str:
        """Identifier, ``S001`` for the first."""
        return f"S{self.index + 1:03d}"

    @property
    def image(self) -> str:
        """Path of the image relative to the folder of the cohort."""
        return f"images/{self.name}.nii.gz"

    def mask(self, reader: str) -> str:
        """Path of a reader's mask relative to the folder of the cohort; ``truth`` for the true mask."""
        return f"truth/{self.name}.nii.gz" if reader == "truth" else f"masks/{reader}/{self.name}.nii.gz"


def draw_subject(seed: int, index: int, diffusion: Diffusion | None = None) -> Subject:
    """Draw subject `index` of the cohort with this seed: tumour, covariates, survival, scanner."""
    drawn, _ = seed_of(COHORT_NAMESPACE, seed, index).spawn(2)
    tumour_seed, outcome_seed = drawn.spawn(2)
    tumour = draw_tumour(np.random.default_rng(tumour_seed))
    outcome = draw_outcome(tumour, np.random.default_rng(outcome_seed))
    return Subject(seed, index, tumour, outcome, SCANNERS[index % len(SCANNERS)], diffusion)


@spread(execution=Execution)
def make_cohort(
    folder: str | Path,
    *,
    subjects: int = 60,
    seed: int = 0,
    diffusion: Diffusion | bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Path:
    """Make a cohort of synthetic subjects with known truth.

    Each of two sites with different scanners has half of the subjects. Three readers draw each tumour, each
    with individual errors. Survival follows a known hazard that depends on three properties of the tumour and
    on age, stage and MYCN status.

    Parameters
    ----------
    folder
        Output folder. Files of an earlier, interrupted run are kept; more `subjects` extend the cohort.
    subjects
        Number of subjects, at least 1.
    seed
        Equal seeds give equal files; subject i does not depend on `subjects`.
    diffusion
        Whether every scan also has diffusion images of several b-values, as channels ``b0``, ``b50`` ... of
        the scan, in which each tumour has two habitats of known place, share and ADC. ``True`` is
        ``Diffusion()``. All other files are the same with and without.
    execution
        Processes and progress display.

    Returns
    -------
    Path
        ``cohort.csv`` (one row per image and reader). The same folder contains ``clinical.csv`` (age_months,
        stage, mycn, os_days, os_event), ``truth.csv`` (true properties, linear predictor, uncensored time),
        ``truth.json`` (coefficients, readers, scanners, seed), ``images``, ``masks/A``, ``masks/B``,
        ``masks/C`` and ``truth`` (the true masks). With `diffusion` also the folder ``diffusion``; in
        ``truth`` the label map of the habitats (``S001_habitats``: 1 cellular, low ADC; 2 loose, high ADC)
        and the true ADC in mm2/s (``S001_adc``), both on the grid of the T2-weighted image; and in
        ``truth.csv`` the share and mean ADC (mm2/s) of each habitat.

    Raises
    ------
    InputError
        When the folder contains a cohort of a different seed, diffusion or generator, or one that is not
        synthetic.

    Examples
    --------
    >>> make_cohort("made", subjects=1).name
    'cohort.csv'
    """
    folder = Path(folder)
    if subjects < 1 or seed < 0:
        raise InputError(
            f"subjects is {subjects} and seed is {seed}.",
            "Give at least one subject, and a seed of 0 or more.",
        )
    acquired = (Diffusion() if diffusion else None) if isinstance(diffusion, bool) else diffusion
    _claim(folder, seed, acquired)
    drawn = [draw_subject(seed, index, acquired) for index in range(subjects)]
    missing = {subject.name: (subject, folder) for subject in drawn if not _complete(subject, folder)}
    batch = execution.map(write_subject, missing, stage="synthesise")
    if batch.failures:
        first = batch.failures[0]
        raise NbradiomicsError(
            f"{len(batch.failures)} of {len(missing)} synthetic subjects could not be made; "
            f"{first.case}: {first.cause}",
            first.hint,
            first.details,
        )
    write_table(truth_table(drawn), folder / "truth.csv")
    write_table(clinical_table(drawn), folder / "clinical.csv")
    return write_table(cohort_table(drawn), folder / "cohort.csv")


def _claim(folder: Path, seed: int, diffusion: Diffusion | None) -> None:
    """Write ``truth.json``, or check that the existing one has the same seed, diffusion and generator."""
    path = folder / _TRUTH
    remedy = "Give an empty folder, or the seed of the existing cohort; for a demo, add --replace."
    if not path.exists():
        if (folder / "cohort.csv").exists():
            raise InputError(f"{folder} contains a cohort that is not synthetic (no {_TRUTH}).", remedy)
        write_text(json.dumps(_description(seed, diffusion), indent=2) + "\n", path)
        return
    try:
        truth = read_own_json(path)
        existing = (truth["generator"], truth["seed"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {error!r}.", remedy) from error
    if existing != (GENERATOR, seed):
        raise InputError(
            f"{folder} contains a cohort of seed {existing[1]} (generator {existing[0]}); "
            f"seed {seed} (generator {GENERATOR}) was requested.",
            remedy,
        )
    requested = describe_diffusion(diffusion)
    if truth.get("diffusion") != requested:
        have, want = ("without" if each is None else "with" for each in (truth.get("diffusion"), requested))
        different = "with other diffusion images" if have == want else f"{have} diffusion images"
        raise InputError(
            f"{folder} contains a cohort {different}.", remedy.replace("the seed", "the settings")
        )


def is_another_cohort(folder: Path, seed: int, diffusion: Diffusion | None = None) -> bool:
    """Whether a folder contains a synthetic cohort of a different seed, diffusion or generator."""
    try:
        truth = read_own_json(folder / _TRUTH)
        existing = (truth["generator"], truth["seed"], truth.get("diffusion"))
        return bool(existing != (GENERATOR, seed, describe_diffusion(diffusion)))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _description(seed: int, diffusion: Diffusion | None) -> dict[str, Any]:
    acquired = describe_diffusion(diffusion)
    return {
        "made_by": "nbradiomics.synthetic.make_cohort; synthetic, no person is shown",
        "generator": GENERATOR,
        "seed": seed,
        "hazard": {
            "baseline": "H0(t) = (t / scale) ** shape, t in days",
            "shape": outcomes.SHAPE,
            "scale": outcomes.SCALE,
            "log_hazard_ratios": outcomes.LOG_HAZARD_RATIOS,
            "standardised_by_mean_and_sd": {k: list(v) for k, v in outcomes.STANDARDS.items()},
            "follow_up_days": outcomes.FOLLOW_UP,
            "mean_days_to_random_loss": outcomes.MEAN_LOSS,
        },
        "readers": [asdict(reader) for reader in READERS],
        "scanners": [asdict(scanner) for scanner in SCANNERS],
        **({} if acquired is None else {"diffusion": acquired}),
    }


def write_subject(subject: Subject, folder: Path) -> None:
    """Make the images of one subject and write them, the scan last: it shows that all are written."""
    _, imaging = seed_of(COHORT_NAMESPACE, subject.seed, subject.index).spawn(2)
    image_seed, *reader_seeds = imaging.spawn(1 + len(READERS))
    case = make_case(image_seed, subject.scanner, tumour=subject.tumour)
    write_image(case.mask, folder / subject.mask("truth"))
    for reader, seed in zip(READERS, reader_seeds, strict=True):
        write_image(draw_contour(case.mask, reader, seed), folder / subject.mask(reader.name))
    if subject.diffusion is not None:
        write_diffusion(case, subject.diffusion, (subject.seed, subject.index), subject.name, folder)
    write_image(case.image, folder / subject.image)


def _complete(subject: Subject, folder: Path) -> bool:
    masks = [subject.mask(reader) for reader in ("truth", *(each.name for each in READERS))]
    more = [] if subject.diffusion is None else diffusion_files(subject.name, subject.diffusion)
    return all((folder / path).is_file() for path in (subject.image, *masks, *more))


def cohort_table(subjects: list[Subject]) -> pd.DataFrame:
    """Return the cohort table: one row per image and reader, and one per diffusion image."""
    import pandas as pd

    return pd.DataFrame([row for subject in subjects for row in _cohort_rows(subject)])


def _cohort_rows(subject: Subject) -> list[dict[str, Any]]:
    scan = {
        "subject": subject.name,
        "timepoint": "baseline",
        "sequence": "T2w",
        "site": subject.scanner.site,
    }
    drawn = [
        {
            **scan,
            "image": subject.image,
            "mask": subject.mask(reader.name),
            "reader": reader.name,
            "reading": 1,
        }
        for reader in READERS
    ]
    if subject.diffusion is None:
        return drawn
    images = diffusion_files(subject.name, subject.diffusion)
    more = [
        {**scan, "image": image, "mask": "", "reader": "", "reading": 1, "channel": channel}
        for channel, image in zip(subject.diffusion.channels, images, strict=False)
    ]
    return [{**row, "channel": "T2w"} for row in drawn] + more


def clinical_table(subjects: list[Subject]) -> pd.DataFrame:
    """Return the clinical table with covariates and overall survival, one row per subject."""
    import pandas as pd

    columns = ("age_months", "stage", "mycn", "os_days", "os_event")
    rows = [
        {"subject": subject.name, **{name: getattr(subject.outcome, name) for name in columns}}
        for subject in subjects
    ]
    return pd.DataFrame(rows)


def truth_table(subjects: list[Subject]) -> pd.DataFrame:
    """Return the table of true tumour properties and outcomes, one row per subject."""
    import pandas as pd

    rows = [
        {
            "subject": subject.name,
            "site": subject.scanner.site,
            **asdict(subject.tumour),
            **({} if subject.diffusion is None else habitat_truth(subject.seed, subject.index)),
            "linear_predictor": subject.outcome.linear_predictor,
            "event_days": subject.outcome.event_days,
        }
        for subject in subjects
    ]
    return pd.DataFrame(rows)
