"""Find the habitats of a cohort: fit the models, divide each region, and add the habitats as regions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.cohort import Case, Cohort, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import SCAN_VARIANT
from nbradiomics.cohort.derived_regions import derived, derived_name, is_derived
from nbradiomics.cohort.fitted_names import known_names, known_sentence
from nbradiomics.cohort.in_fit import fitted_subjects, with_fitted
from nbradiomics.cohort.lesions import LesionRule, apply_lesion_rule, lesion_rule
from nbradiomics.cohort.sites import sites_of
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.files.names import file_stems
from nbradiomics.habitats.clusters.fit import Inputs
from nbradiomics.habitats.clusters.model import HabitatModel, read_habitat_model
from nbradiomics.habitats.diffusion.b_values import DiffusionImage, diffusion_images
from nbradiomics.habitats.models import GIVEN, Fitted, Models, fingerprints, fit_models, model_notes
from nbradiomics.habitats.one_case import MASKS, STAGE, ApplyHow, HabitatJob, MadeHabitats, inputs_of
from nbradiomics.habitats.region_values import error_channel, shown, unit_of
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.habitats.tables import HabitatTables, made_tables
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.preparation.reading import steps_of_variant
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class HabitatCohort(Result):
    """Result of `find_habitats`.

    Attributes
    ----------
    cohort
        The cohort with a row for each habitat of each region (`roi` is ``habitat-1`` and so on), whose mask
        contains the voxels with the stated confidence. A habitat that a region does not have gets no row.
    tables
        Tables of the habitats.
    model
        Model for other cohorts: that of the named subjects, or after a cross-fit one of all subjects, which
        is not applied to this cohort.
    models
        The applied models by name.
    failures
        Cases that failed.
    notes
        What a user should know.
    plan
        Whose voxels fitted each model, and to whom it is applied; empty for a given model.
    """

    cohort: Cohort
    tables: HabitatTables
    model: HabitatModel
    models: Mapping[str, HabitatModel]
    failures: list[Failure]
    notes: tuple[str, ...] = ()
    plan: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What was fitted and on whom, for the provenance; without fingerprints."""
        models = {**self.models, **({} if self.model in self.models.values() else {"all": self.model})}
        return {
            "models": {
                name: {
                    "channels": list(model.channels),
                    "variant": model.variant,
                    "method": model.method,
                    "errors": model.errors,
                    "habitats": model.clusters,
                    "means": model.channel_means().tolist(),
                    "subjects": model.subjects,
                    "seed": model.seed,
                }
                for name, model in models.items()
            },
            "fits": self.plan,
            "notes": list(self.notes),
        }


@spread(settings=HabitatSettings, execution=Execution)
def find_habitats(
    cohort: CohortSource,
    *,
    out: str | Path,
    model: str | Path | HabitatModel | None = None,
    lesions: LesionRule | None = None,
    label: int = DEFAULT_LABEL,
    settings: HabitatSettings = HabitatSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> HabitatCohort:
    """Divide the regions of a cohort into habitats: groups of voxels that are alike in several channels.

    The groups are fitted on voxels of several subjects, each with the same weight, so that a habitat means
    the same in each patient. By default they are cross-fitted: the habitats of a subject are those of a model
    of other subjects.

    Parameters
    ----------
    cohort
        A cohort table (a file or a DataFrame), or a loaded cohort, with masks and one variant.
    out
        Folder for the maps: label map, confidence, and masks of each case, compressed NIfTI files.
    model
        A model of another cohort (`model.json`), which is applied; nothing is fitted.
    lesions
        Rule for several lesions of a subject, applied first: ``union`` (the habitats of all lesions
        together), ``largest`` or ``roi`` (each lesion has its own).
    label
        Label of masks for which the cohort table names none.
    settings
        Channels, number, method, confidence, fitting subjects. Each field is also a keyword: ``clusters=3``.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When the cohort has no masks, several variants, or habitats already; when a channel is missing
        everywhere; when a model cannot be fitted, or the given one is not for these images.

    Examples
    --------
    >>> maps = fit_adc("diffusion/cohort.csv", out="maps").cohort
    >>> done = find_habitats(maps, out="habitats", channels=["ADC"], clusters=2, fit_folds=2, sample=1000)
    >>> sorted(set(done.cohort.table["roi"]))
    ['habitat-1', 'habitat-2', 'tumour']
    """
    cohort = load_cohort(cohort)
    cases = apply_lesion_rule(_drawn_cases(cohort), lesion_rule(lesions, cohort.table), label=label)
    if model is None:
        inputs = _inputs(cohort, cases, settings)
        cases, left_out = _of_sequences(cases, inputs)
        models = fit_models(cases, inputs, settings, label, execution)
    else:
        models = _given(model, cohort, cases, settings)
        cases, left_out = _of_sequences(cases, inputs_of(models.final))
    jobs = _jobs(
        cases, models.fitted, Path(out), ApplyHow(label, settings.confidence, settings.neighbours), settings
    )
    batch = execution.map(
        HabitatJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadeHabitats,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    done = _with_habitats(cohort, jobs, batch.results, models.in_fit)
    made = {name: (job.case, batch.results.get(name)) for name, job in jobs.items()}
    tables = made_tables(made, models.fitted, sites_of(cohort), fitted_subjects(done.table))
    applied = {one.name: one.model for one in models.fitted if one.applied_to}
    notes = [*models.notes, *left_out, *model_notes(models.fitted), *_notes(cohort, models.final)]
    notes += _not_fitted_again(jobs, batch.results, settings)
    told = {failure.case for failure in batch.failures}
    failures = [*(one for one in models.failures if one.case not in told), *batch.failures]
    return HabitatCohort(done, tables, models.final, applied, failures, tuple(notes), models.plan)


def _drawn_cases(cohort: Cohort) -> list[Case]:
    """Cases of drawn regions; derived regions are not divided again."""
    variants = sorted(set(cohort.table["variant"]))
    if len(variants) > 1:
        raise InputError(
            f"{cohort.path} has the variants {', '.join(variants)}; one was expected.",
            "Give a cohort table with the rows of one variant.",
        )
    kinds = {found.kind for roi in set(cohort.table["roi"]) if (found := derived(roi))}
    if "habitat" in kinds:
        raise InputError(
            f"{cohort.path} has habitats already.", "Give the cohort table from which they were made."
        )
    cases = [case for case in cohort.cases() if not is_derived(case.roi)]
    if not cases:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    return cases


def _inputs(cohort: Cohort, cases: Sequence[Case], settings: HabitatSettings) -> Inputs:
    """Channels of the settings, and which of them have error maps."""
    known = {channel.name for case in cases for channel in case.scan.channels}
    channels = settings.channels
    if channels is None:
        if len(known) > 1:
            raise InputError(
                f"the scans of {cohort.path} have the channels {', '.join(sorted(known))}.",
                "Name those of the habitats: channels.",
            )
        channels = tuple(known)
    if not channels or len(set(channels)) < len(channels):
        raise InputError(
            f"channels: {', '.join(channels) or 'none'}.", "Name one channel or more, each once."
        )
    missing = [name for name in channels if name not in known]
    if missing:
        raise InputError(
            f"no scan of {cohort.path} has the channel {', '.join(missing)}; channels: "
            f"{', '.join(sorted(known))}.",
            "Name a channel of the cohort table; `nbradiomics adc` makes ADC from diffusion images.",
        )
    errors = tuple(name for name in channels if error_channel(name) in known)
    if settings.errors in ("deconvolved", "smeared") and not errors:
        raise InputError(
            f"errors is {settings.errors}, but no channel of {', '.join(channels)} has an error map such as "
            "ADC_error.",
            "Make one with `nbradiomics adc` (it needs the noise), or leave out errors.",
        )
    if settings.errors == "none" or settings.method == "kmeans":
        errors = ()
    units = tuple(unit_of(name) for name in channels)
    return Inputs(channels, units, errors, str(cohort.table["variant"].iloc[0]))


def _of_sequences(cases: Sequence[Case], inputs: Inputs) -> tuple[list[Case], list[str]]:
    """Leave out sequences of which no scan has the channels, and say so; other gaps are failures."""
    wanted = set(inputs.channels)
    fit = {case.scan.sequence for case in cases if wanted <= {one.name for one in case.scan.channels}}
    others = [case for case in cases if case.scan.sequence not in fit]
    if not fit or not others:
        return list(cases), []
    names = ", ".join(sorted({case.scan.sequence for case in others}))
    channels = ", ".join(map(shown, inputs.channels))
    note = f"{counted(len(others), 'region')} of {names} left out: no scan of it has the channels {channels}."
    return [case for case in cases if case.scan.sequence in fit], [note]


def _given(
    source: str | Path | HabitatModel, cohort: Cohort, cases: Sequence[Case], settings: HabitatSettings
) -> Models:
    """A model of another cohort; subjects who fitted it are known by their images and names."""
    model = source if isinstance(source, HabitatModel) else read_habitat_model(source)
    if settings.channels is not None and settings.channels != model.channels:
        raise InputError(
            f"the model has the channels {', '.join(model.channels)}, and channels names "
            f"{', '.join(settings.channels)}.",
            "Leave out channels, or name the model's in its order.",
        )
    stated = sorted(
        {"clusters", "method", "errors", "fit_on", "fit_folds", "most_clusters", "sample", "seed"}
        & settings.model_fields_set
    )
    if stated:
        raise InputError(
            f"{', '.join(stated)} would change a fit, but the given model is fitted already.",
            "Leave them out.",
        )
    variant = str(cohort.table["variant"].iloc[0])
    if variant != model.variant:
        raise InputError(
            f"the images of {cohort.path} are of the variant {variant}, and those of the model of "
            f"{model.variant}.",
            "Prepare the images in the same way as those of the model.",
        )
    inputs = inputs_of(model)
    everyone = tuple(sorted({case.scan.subject for case in cases}))
    seen = known_names(everyone, model.names, model.images)
    for case in cases:
        with suppress(InputError):  # a missing channel is a failure of the case, later
            if set(fingerprints(case, inputs)) & set(model.images):
                seen.add(case.scan.subject)
    note = known_sentence(seen, len(everyone), "the model")
    notes = (note,) if note else ()
    return Models((Fitted(GIVEN, model, everyone),), model, (), notes, frozenset(seen))


def _jobs(
    cases: Sequence[Case], fitted: Sequence[Fitted], out: Path, how: ApplyHow, settings: HabitatSettings
) -> dict[str, HabitatJob]:
    part_of = {subject: one for one in fitted for subject in one.applied_to}
    stems = file_stems([(*case.scan.key, case.roi, case.reader, case.reading) for case in cases])
    jobs = {}
    for case, stem in zip(cases, stems, strict=True):
        part = part_of[case.scan.subject]
        images = _diffusion_images(case, settings)
        file = Path(os.path.abspath(out / stem))
        jobs[case.name] = HabitatJob(case, part.model, part.name, images, file, how)
    return jobs


def _diffusion_images(case: Case, settings: HabitatSettings) -> tuple[DiffusionImage, ...]:
    """Diffusion images of a scan; none if it has no two of them."""
    try:
        return diffusion_images(case.scan, settings.b_values)
    except InputError:
        return ()


def _with_habitats(
    cohort: Cohort, jobs: Mapping[str, HabitatJob], made: Mapping[str, Any], in_fit: frozenset[str]
) -> Cohort:
    """Add a row like that of its mask for each habitat that has voxels."""
    originals = _first_masks(cohort)
    several = len({job.case.roi for job in jobs.values()}) > 1
    rows = []
    for name, payload in made.items():
        job = jobs[name]
        case = job.case
        original = originals[*case.scan.key, case.reader, case.reading]
        kind = "" if case.reader == AUTO else case.kind
        for habitat in payload["habitats"]:
            if habitat["confident_voxels"]:
                roi = derived_name("habitat", habitat["habitat"], case.roi if several else "")
                own = {"roi": roi, "mask": str(job.file(MASKS)), "label": habitat["habitat"]}
                rows.append({**original, **own, "reference_kind": kind, "probability": "", "minutes": ""})
    table = pd.concat([cohort.table, pd.DataFrame(rows, columns=cohort.table.columns)], ignore_index=True)
    return Cohort(with_fitted(table, in_fit), cohort.path)


def _first_masks(cohort: Cohort) -> dict[tuple[Any, ...], dict[Any, Any]]:
    """The first row with a drawn mask of each reading of a scan, which may have several lesions."""
    first: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for row in cohort.table[cohort.table["mask"] != ""].to_dict("records"):
        if not is_derived(row["roi"]):
            key = (*(row[name] for name in SCAN_VARIANT), row["reader"], row["reading"])
            first.setdefault(key, dict(row))
    return first


def _not_fitted_again(
    jobs: Mapping[str, HabitatJob], made: Mapping[str, Any], settings: HabitatSettings
) -> list[str]:
    """Say which cases have diffusion images, or were to have them, that were not fitted again."""
    names = [
        name
        for name, payload in made.items()
        if (jobs[name].images or settings.b_values is not None) and not payload["diffusion"]
    ]
    if not names:
        return []
    return [
        (
            f"{counted(len(names), 'case')} ({shortened(names)}): the diffusion images were not fitted "
            "again, because they are missing or not on one grid with the channels."
        )
    ]


def _notes(cohort: Cohort, model: HabitatModel) -> list[str]:
    raw = [shown(name) for name, unit in zip(model.channels, model.units, strict=True) if not unit]
    if not raw or any(step.normalises for step in steps_of_variant(model.variant)):
        return []
    return [
        (
            f"{', '.join(raw)}: the images of {cohort.path.name} are not normalised (variant "
            f"{model.variant}). If "
            "their units are arbitrary, as in most MR images, the same value is not the same tissue in two "
            "patients."
        )
    ]
