"""What report and paper say of a harmonisation, from the facts of a real evaluation."""

from __future__ import annotations

import json

import pytest

from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeResult, evaluate_outcome
from nbradiomics.report.content import Details, Table
from nbradiomics.report.paper.methods.harmonisation import harmonisation
from nbradiomics.report.paper.methods.story import Story
from nbradiomics.report.run_files import Endpoint
from nbradiomics.report.sections.outcome_harmonisation import harmonisation_blocks
from tests.outcome.test_harmonisation import ASKED, with_sites


@pytest.fixture(scope="module")
def result() -> OutcomeResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbradiomics.harmonisation.separability._TREES", 5)
        patch.setattr("nbradiomics.outcome.noise_of_sites.QUICK_DRAWS", 2)
        features, clinical = with_sites(features=4)
        clinical["vendor"] = clinical["site"].map({"north": "A", "south": "B", "west": "B"})
        asked = Harmonise(batch=["site", "vendor"], covariates="age")
        return evaluate_outcome(features, clinical, harmonise=asked, **ASKED)


def endpoint_of(result: OutcomeResult) -> Endpoint:
    """As the report reads it: with the summary from its file."""
    summary = json.loads(json.dumps(result.summary, allow_nan=False))
    return Endpoint("os", summary=summary, site_effects=result.site_effects.features)


def test_the_report_shows_location_scale_and_classifier(result: OutcomeResult) -> None:
    (details,) = harmonisation_blocks(endpoint_of(result))
    assert isinstance(details, Details)
    tables = {block.name: block for block in details.blocks if isinstance(block, Table)}
    assert len(tables["site_effects"].columns) == len(tables["site_effects"].rows[0])
    assert [row[:2] for row in tables["site_effects"].rows] == [
        (column, state) for column in ("site", "vendor") for state in ("before", "after")
    ]
    assert tables["site_effects"].rows[0][2] == "4 of 4"


def test_the_summary_says_what_noise_reaches_and_that_vendors_contain_sites(result: OutcomeResult) -> None:
    told = " ".join(result.summary["sentences"])
    noise = result.summary["harmonisation"]["noise"]
    assert noise["draws"] == 2
    assert f"standard error {noise['error']:.3f}; 0.5 is right" in told
    leading = " ".join(result.summary["leading"])
    assert "Each level of site has one vendor" in leading
    assert ("NOISE PREDICTS" in leading) == (noise["value"] - 2 * noise["error"] > 0.5)


def test_the_methods_name_the_noise(result: OutcomeResult) -> None:
    summary = endpoint_of(result).summary
    told = " ".join(
        harmonisation(Story(Endpoint("os", summary={**summary, "validation": "cross-validation"})))
    )
    assert "Features of noise with the same batch effects" in told
    assert "(2 draws, standard error" in told
