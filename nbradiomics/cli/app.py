"""All commands, in the order in which a study uses them.

No heavy package is imported before a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nbradiomics.cli.commands.audit import audit
from nbradiomics.cli.commands.checklist import checklist
from nbradiomics.cli.commands.compare import compare
from nbradiomics.cli.commands.controls import controls
from nbradiomics.cli.commands.dicom import ingest
from nbradiomics.cli.commands.export_dicom import export_dicom
from nbradiomics.cli.commands.features import extract, features, maps, response_maps, verify
from nbradiomics.cli.commands.habitats import adc, habitats
from nbradiomics.cli.commands.harmonisation import harmonise, site_effects
from nbradiomics.cli.commands.ingest_clinical import ingest_clinical
from nbradiomics.cli.commands.ingest_pictures import ingest_pictures
from nbradiomics.cli.commands.installation import doctor
from nbradiomics.cli.commands.model import model_app
from nbradiomics.cli.commands.needed_agreement import needed_agreement
from nbradiomics.cli.commands.outcome import outcome
from nbradiomics.cli.commands.pacs import pacs_app
from nbradiomics.cli.commands.perturb import perturb
from nbradiomics.cli.commands.predict import model_card, predict
from nbradiomics.cli.commands.prepare import prepare
from nbradiomics.cli.commands.processing import processing
from nbradiomics.cli.commands.readers import readers
from nbradiomics.cli.commands.reproducibility import reproducibility
from nbradiomics.cli.commands.robustness import clusters, stable, variance
from nbradiomics.cli.commands.rois import rois
from nbradiomics.cli.commands.sample_size import sample_size
from nbradiomics.cli.commands.segment import segment
from nbradiomics.cli.commands.status import status
from nbradiomics.cli.commands.study import check, demo, report, run
from nbradiomics.cli.commands.train import train
from nbradiomics.cli.commands.validate import validate
from nbradiomics.cli.console import output
from nbradiomics.cli.stated import StatedCommand

app = typer.Typer(
    name="nbradiomics",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
#: The help of these commands describes their settings in the words of the settings themselves.
command = partial(app.command, cls=StatedCommand)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        output.print(version("nbradiomics"), markup=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Segment tumours, extract PyRadiomics features, test their reproducibility, predict outcomes."""


command(epilog="Example: nbradiomics demo --out demo")(demo)
command(epilog="Example: nbradiomics run study.yaml --out results")(run)
command(epilog="Example: nbradiomics status results")(status)
command(epilog="Example: nbradiomics check study.yaml")(check)
command(epilog="Example: nbradiomics ingest export --out data --key ingest.key --rules rules.yaml")(ingest)
command(
    name="ingest-clinical",
    epilog="Example: nbradiomics ingest-clinical hospital.csv --patients mrn --keep age,stage "
    "--key ingest.key --cohort data/cohort.csv --out clinical.csv",
)(ingest_clinical)
command(
    name="ingest-pictures",
    epilog="Example: nbradiomics ingest-pictures pictures.csv --pixel-spacing 0.08 --out data",
)(ingest_pictures)
app.add_typer(pacs_app)
app.add_typer(model_app)
command(epilog="Example: nbradiomics prepare cohort.csv --steps n4,zscore --out prepared.csv")(prepare)
command(epilog="Example: nbradiomics train cohort.csv --reader expert --out model --preset small")(train)
command(epilog="Example: nbradiomics segment cohort.csv --model synthetic-demo --out cohort_auto.csv")(
    segment
)
command(epilog="Example: nbradiomics compare cohort_auto.csv --reference expert --out agreement.csv")(compare)
command(epilog="Example: nbradiomics readers cohort_auto.csv --out readers")(readers)
command(epilog="Example: nbradiomics perturb cohort.csv --chain RTVC --out variants")(perturb)
command(epilog="Example: nbradiomics adc cohort.csv --b-values b0,b400,b1000 --out cohort_adc.csv")(adc)
command(epilog="Example: nbradiomics habitats cohort_adc.csv --channels ADC,T2w --out cohort_habitats.csv")(
    habitats
)
command(epilog="Example: nbradiomics rois cohort.csv --ring 3 --rim 2 --out cohort_rois.csv")(rois)
command(epilog="Example: nbradiomics features --params t2w_mr_1mm --out dictionary.csv")(features)
command(epilog="Example: nbradiomics extract cohort.csv --params t2w_mr_1mm --out features.parquet")(extract)
command(
    epilog="Example: nbradiomics controls cohort.csv --params t2w_mr_1mm --reader A --out controls.parquet"
)(controls)
command(epilog="Example: nbradiomics processing cohort.csv --grid grid.yaml --out processing")(processing)
command(epilog="Example: nbradiomics verify t2w.nii.gz tumour.nii.gz --params t2w_mr_1mm")(verify)
command(epilog="Example: nbradiomics maps t2w.nii.gz tumour.nii.gz --params t2w_mr_1mm --out maps")(maps)
command(
    name="response-maps",
    epilog="Example: nbradiomics response-maps t2w.nii.gz --params filters.yaml --out responses",
)(response_maps)
command(epilog="Example: nbradiomics reproducibility features.parquet --readers A,B --out stable.csv")(
    reproducibility
)
command(epilog="Example: nbradiomics variance features.parquet --out variance.csv")(variance)
command(
    epilog="Example: nbradiomics clusters features.parquet --reproducibility stable.csv --out clusters.csv"
)(clusters)
command(epilog="Example: nbradiomics stable rules.yaml --out stable.csv")(stable)
command(
    name="needed-agreement",
    epilog="Example: nbradiomics needed-agreement features.parquet agreement.csv --out needed.csv",
)(needed_agreement)
command(
    name="site-effects",
    epilog="Example: nbradiomics site-effects features.parquet --clinical clinical.csv --batch site "
    "--harmonise-covariates age --reader auto --out effects",
)(site_effects)
command(
    epilog="Example: nbradiomics harmonise features.parquet --clinical clinical.csv --batch site "
    "--fit-folds 5 --out harmonised.parquet"
)(harmonise)
command(
    epilog="Example: nbradiomics outcome features.parquet clinical.csv --time os_days --event os_event "
    "--covariates age,stage --reader auto --out outcome"
)(outcome)
command(
    epilog="Example: nbradiomics validate features.parquet clinical.csv external.parquet "
    "external_clinical.csv --time os_days --event os_event --out validation"
)(validate)
command(
    epilog="Example: nbradiomics predict results/outcome/OS/model.zip features.parquet clinical.csv "
    "--times 365,730 --out predictions.csv"
)(predict)
command(name="model-card", epilog="Example: nbradiomics model-card results/outcome/OS/model.zip")(model_card)
command(
    name="sample-size",
    epilog="Example: nbradiomics sample-size --parameters 110 --rate 0.13 --follow-up 2.1",
)(sample_size)
command(epilog="Example: nbradiomics report results")(report)
command(epilog="Example: nbradiomics checklist results --which metrics --out metrics.csv")(checklist)
command(epilog="Example: nbradiomics audit results")(audit)
command(
    name="export-dicom",
    epilog="Example: nbradiomics export-dicom results --source dicom --key key "
    "--series ingested/acquisition.csv --out objects",
)(export_dicom)
command(epilog="Example: nbradiomics doctor")(doctor)
