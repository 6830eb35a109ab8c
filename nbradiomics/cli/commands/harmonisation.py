"""The commands `site-effects` and `harmonise`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.harmonisation import (
    BatchColumns,
    BatchOrder,
    HarmonisedCovariates,
    HarmonisedNames,
    LeastSubjects,
    MCombat,
    MeanOnly,
    Parametric,
    ReferenceBatch,
    Shrinkage,
    SmallBatch,
    UnseenRule,
    harmonise_of,
)
from nbradiomics.cli.options import Engine, Json, Reading, Replace, Roi, SequenceOption, Timepoint, Variant
from nbradiomics.cli.stated import setting, settings_from, settings_of_options
from nbradiomics.cli.steps import fitting_subjects, prepare, read_clinical, read_features
from nbradiomics.errors import InputError

_EFFECTS = "harmonisation.site_settings:SiteEffectSettings"
_FITTING = "cohort.fitting_subjects:FittingSubjects"
FeatureTable = Annotated[Path, typer.Argument(help="Feature table (.parquet or .csv).")]
ClinicalTable = Annotated[
    Path | None,
    typer.Option(
        help="Clinical table with the batch columns and covariates, if they are not in the feature table."
    ),
]


def site_effects(
    features: FeatureTable,
    batch: BatchColumns,
    out: Annotated[
        Path, typer.Option(help="Folder for site_effects.csv, covariate_effects.csv and separability.csv.")
    ],
    clinical: ClinicalTable = None,
    harmonise_covariates: HarmonisedCovariates = None,
    harmonise_features: HarmonisedNames = None,
    reference_batch: ReferenceBatch = None,
    mean_only: MeanOnly = None,
    eb: Shrinkage = None,
    parametric: Parametric = None,
    m_combat: MCombat = None,
    batch_order: BatchOrder = None,
    small_batch: SmallBatch = None,
    least_subjects: LeastSubjects = None,
    held_out: Annotated[float | None, setting(f"{_EFFECTS}.held_out")] = None,
    folds: Annotated[int | None, setting(f"{_EFFECTS}.folds")] = None,
    classifier: Annotated[str | None, setting(f"{_EFFECTS}.classifier")] = None,
    permutations: Annotated[int | None, setting(f"{_EFFECTS}.permutations")] = None,
    seed: Annotated[int | None, setting(f"{_EFFECTS}.seed")] = None,
    reader: Annotated[str | None, setting("tables:RowsOfReader.reader")] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Measure differences between sites or scanners, before and after a harmonisation."""
    options = {**locals(), "harmonise": batch}
    from nbradiomics.harmonisation.effect_files import write_site_effects
    from nbradiomics.harmonisation.effect_text import effect_facts, effect_sentences
    from nbradiomics.harmonisation.effects_of_table import effects_of_table
    from nbradiomics.harmonisation.schema import EFFECT_TABLES
    from nbradiomics.harmonisation.site_settings import SiteEffectSettings
    from nbradiomics.outcome.assembly import choose_rows
    from nbradiomics.tables import RowsOfReader

    asked = harmonise_of(options)
    assert asked is not None
    settings = settings_from(
        SiteEffectSettings,
        held_out=held_out,
        folds=folds,
        classifier=classifier,
        permutations=permutations,
        seed=seed,
    )
    names = [Path(schema.file).name for schema in EFFECT_TABLES.values()]
    with working_on_effects(out, names, replacing=replace):
        chosen = choose_rows(read_features(features), settings_of_options(RowsOfReader, options).wanted())
        table = None if clinical is None else read_clinical(clinical)
        effects, notes = effects_of_table(chosen, table, asked, settings)
        write_site_effects(None, out)  # tables of two settings are never mixed
        write_site_effects(effects, out)
    lines = [*outcome_warnings(asked.columns), *notes, *effect_sentences(effect_facts(effects)), f"-> {out}"]
    if as_json:
        show_json(separability=effects.separability, sentences=lines)
        return
    for line in lines:
        output.print(line, markup=False)


def harmonise(
    features: FeatureTable,
    batch: BatchColumns,
    out: Annotated[Path, typer.Option(help="Feature table to write (.parquet or .csv).")],
    clinical: ClinicalTable = None,
    fit_on: Annotated[
        str | None,
        setting(f"{_FITTING}.fit_on", hint="Separated by commas, or @FILE with one per line."),
    ] = None,
    fit_folds: Annotated[int | None, setting(f"{_FITTING}.fit_folds")] = None,
    harmonise_covariates: HarmonisedCovariates = None,
    harmonise_features: HarmonisedNames = None,
    reference_batch: ReferenceBatch = None,
    mean_only: MeanOnly = None,
    eb: Shrinkage = None,
    parametric: Parametric = None,
    m_combat: MCombat = None,
    batch_order: BatchOrder = None,
    unseen: UnseenRule = None,
    small_batch: SmallBatch = None,
    least_subjects: LeastSubjects = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the folds of the cross-fitting.")] = None,
    as_json: Json = False,
) -> None:
    """Write a feature table without the differences between sites or scanners (ComBat).

    For outcome models, `nbradiomics outcome --harmonise` is better: it is fitted inside each fold.
    """
    options = {**locals(), "harmonise": batch}
    from nbradiomics.cohort.fitting_subjects import FittingSubjects
    from nbradiomics.harmonisation.harmonised_table import harmonise_table
    from nbradiomics.tables import write_table

    prepare(out, ".csv", ".parquet", inputs=[each for each in (features, clinical) if each is not None])
    asked = harmonise_of(options)
    assert asked is not None
    if fit_on is None and fit_folds is None:
        raise InputError(
            "it is not said whose features estimate the batch effects.",
            "Name subjects on whom no model will be evaluated (--fit-on P001,P002 or @FILE), or let each "
            "fold of subjects be harmonised by the others (--fit-folds 5).",
        )
    fitting = settings_from(FittingSubjects, fit_on=fitting_subjects(fit_on, fit_folds), fit_folds=fit_folds)
    result = harmonise_table(
        read_features(features),
        None if clinical is None else read_clinical(clinical),
        asked,
        fitting,
        seed=seed or 0,
    )
    write_table(result.table, out)
    batches = out.with_name(f"{out.stem}.batches.csv")
    write_table(result.batches, batches)
    lines = [
        *outcome_warnings(asked.columns),
        *result.sentences,
        f"{len(result.table)} rows -> {out}, {batches}",
    ]
    if as_json:
        show_json(batches=result.batches, sentences=lines)
        return
    for line in lines:
        output.print(line, markup=False)


def outcome_warnings(columns: Sequence[str]) -> list[str]:
    """Warn about columns whose names suggest an outcome, which this command does not know."""
    from nbradiomics.outcome.suspicion import name_reasons

    return [
        f"WARNING: {name} may be an outcome: {'; '.join(reasons)}. Features that are harmonised with an "
        "outcome contain it, and predict it even if they are noise."
        for name in columns
        if (reasons := list(name_reasons(name)))
    ]


@contextmanager
def working_on_effects(folder: Path, names: list[str], *, replacing: bool) -> Iterator[None]:
    """Work alone in the folder; refuse to overwrite earlier results unless it was asked for."""
    from nbradiomics.files.folder_in_use import working_in

    with working_in(folder, "site effects", "", alone=True):
        there = [name for name in names if (folder / name).exists()]
        if there and not replacing:
            raise InputError(f"{folder} contains {', '.join(there)}.", "Use another folder, or --replace.")
        yield
