"""The command `validate`: models of one cohort on the subjects of another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nbradiomics.cli.commands.outcome import outcome
from nbradiomics.cli.folders import claim_outcome
from nbradiomics.cli.models import asked_models, show_models, with_options_of, write_pages
from nbradiomics.cli.steps import execution_of, read_clinical, read_features

#: Options of `outcome` that have no meaning here: nothing is cross-validated, permuted or tried.
_WITHOUT = (
    *("leave_out", "folds", "repeats", "refits", "permutations", "work", "trial", "controls"),
    *("drawing", "drawing_readers", "transfer", "fold_features", "perturbed_features"),
)


@with_options_of(outcome, _WITHOUT)
def validate(
    features: Annotated[Path, typer.Argument(help="Feature table of the cohort of the models.")],
    clinical: Annotated[Path, typer.Argument(help="Its clinical table.")],
    external_features: Annotated[Path, typer.Argument(help="Feature table of the external cohort.")],
    external_clinical: Annotated[Path, typer.Argument(help="Its clinical table.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    **options: Any,
) -> None:
    """Fit outcome models to one cohort, and judge them as they are on another, external one."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.files.folder_in_use import working_in
    from nbradiomics.outcome import validate_outcome, write_outcome
    from nbradiomics.report.pages import claim_outcome_page

    asked = asked_models(options)
    first = read_features(features), read_clinical(clinical)
    second = read_features(external_features), read_clinical(external_clinical)
    files = (features, clinical, external_features, external_clinical)
    stated = {
        name: str(value)
        for name, value in options.items()
        if name not in ("jobs", "as_json", "executor", "cluster")
    }
    key = result_key("validate", asked={**stated, "files": str(files)})
    with working_in(out, f"validation of {asked.endpoint.text}", key):
        claim_outcome(out, files=files, endpoint=asked.endpoint, replacing=options["replace"])
        claim_outcome_page(out)
        result = validate_outcome(
            first,
            second,
            endpoint=asked.endpoint,
            predictors=asked.predictors,
            rows=asked.rows,
            stable=asked.stable,
            settings=asked.settings,
            execution=execution_of(options["jobs"], executor=options["executor"], cluster=options["cluster"]),
        )
        write_outcome(result, out)
        show_models(result, asked.endpoint, write_pages(out, options["export"]), as_json=options["as_json"])
