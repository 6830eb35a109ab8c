"""What a summary records beside the results: software, rows, how stable features were found, gaps."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nbradiomics.execution.provenance import package_versions

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.prepared import Prepared
    from nbradiomics.outcome.settings import Predictors

#: Packages that fit and judge outcome models.
_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "lifelines", "firthmodels", "scikit-survival")


def made_from(prepared: Prepared, predictors: Predictors) -> dict[str, Any]:
    """What a methods section states, ready for JSON.

    Returns
    -------
    dict
        ``software`` (versions of nbradiomics, Python and packages), ``rows`` (values of the index columns in
        the chosen rows of the feature table), ``stability_readers`` and ``stability_subjects`` (readers whose
        agreement decided which features are stable, and number of subjects that all of them measured),
        ``leave_out`` (column of the sites that were held out, or null).
    """
    ratings = prepared.data.stability.ratings
    return {
        "software": software(),
        "rows": {name: list(values) for name, values in prepared.rows.items()},
        "stability_readers": list(ratings.readers) if ratings else [],
        "stability_subjects": len(ratings.subjects) if ratings else 0,
        "leave_out": predictors.leave_out,
    }


def software() -> dict[str, str | None]:
    """Versions of nbradiomics, Python and the packages that fit and judge outcome models."""
    packages = package_versions()
    return {
        "nbradiomics": version("nbradiomics"),
        "python": platform.python_version(),
        **{name: packages[name] for name in _PACKAGES},
    }


def what_is_missing(data: OutcomeData) -> dict[str, Any]:
    """Count the feature values that are missing, and the missing values of each covariate."""
    columns = [*data.numeric, *data.categorical]
    counts = data.frame[columns].isna().sum()
    features = data.frame[list(data.radiomic)].isna()
    return {
        # A feature without any value is left out in every fold: nothing of it is filled in.
        "missing_values": int(features.loc[:, ~features.all()].to_numpy().sum()),
        "missing_covariates": {name: int(counts[name]) for name in columns if counts[name]},
    }
