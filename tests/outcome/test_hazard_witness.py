"""Coefficients, standard errors and tests of proportional hazards: R's survival 3.5.3, and publications.

`tests/support/hazard_witness.R` printed the values of R. `tests/support/veteran.csv` is the lung cancer trial
of the Veterans' Administration (Kalbfleisch and Prentice 1980, Statistical Analysis of Failure Time Data).
No package that this project uses holds WHAS500 (Hosmer, Lemeshow and May 2008, Applied Survival Analysis), so
its tests run only where scikit-survival is installed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_gbsg2, load_rossi

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.measures import proportional_hazards
from nbradiomics.outcome.solvers.ordinary import fit_ordinary
from tests.support.paths import ROOT

VETERAN = ROOT / "tests" / "support" / "veteran.csv"


@dataclass(frozen=True)
class Witness:
    """Values of R: of each column, and the statistics of the terms with that of all of them last."""

    coefficients: list[float]
    errors: list[float]
    chi2: dict[str, list[float]]
    df: list[int]
    p: list[float]


R = {
    "rossi": Witness(
        [
            *[-0.37942216687, -0.05743774301, 0.31389978595, -0.14979569722],
            *[-0.43370387669, -0.08487108299, 0.09149707935],
        ],
        [
            *[0.19137948071, 0.02199947063, 0.30799277639, 0.21222429616],
            *[0.38186805746, 0.19575667192, 0.02864855007],
        ],
        {
            "km": [
                *[0.06242975009, 5.97398166115, 2.06826538335, 4.22459563870],
                *[1.01102156455, 0.01838329914, 0.52058426701, 17.69441529603],
            ],
            "log": [
                *[0.13759943518, 8.23149835044, 1.61708493679, 2.08585484515],
                *[1.12597331496, 0.21920281035, 0.01347907136, 17.66157059372],
            ],
        },
        [1, 1, 1, 1, 1, 1, 1, 7],
        [
            *[0.80269603469, 0.01451846271, 0.15039248854, 0.03984211159],
            *[0.31465822811, 0.89214934406, 0.47059255670, 0.01342750658],
        ],
    ),
    "gbsg2": Witness(
        [
            *[-0.3462784276233, -0.0094592389133, -0.2584448408661, 0.0077960838520, 0.6361117045524],
            *[0.7796542428559, 0.0487886003548, -0.0022172356806, 0.0001973107109],
        ],
        [
            *[0.1290747352231, 0.0093005947971, 0.1834764516978, 0.0039390177354, 0.2492024920156],
            *[0.2684801473388, 0.0074470895196, 0.0005735285570, 0.0004503679268],
        ],
        {
            "km": [
                *[0.2385214356, 10.4378596288, 5.4060304508, 0.1911423992, 10.7121086965],
                *[0.8077167886, 4.3855462564, 5.8925551035, 24.4210928338],
            ],
            "rank": [
                *[0.2384660187, 9.6960627204, 4.8652828212, 0.1678595641, 8.8841751677],
                *[1.1225261503, 4.2187963915, 4.5304066050, 22.0025894305],
            ],
        },
        [1, 1, 1, 1, 2, 1, 1, 1, 9],
        [
            *[0.625276057177, 0.001234582538, 0.020067298370, 0.661967504603, 0.004719490886],
            *[0.368796144967, 0.036244876013, 0.015205023420, 0.003682942222],
        ],
    ),
    "veteran": Witness(
        [-0.032685482740, 0.303048095127, -0.776474832624, -0.322466653522, -1.178807029394, -0.008903165131],
        [0.005408849634, 0.205655900787, 0.297702699591, 0.268923195742, 0.296440477740, 0.009224283189],
        {
            "km": [12.9772987366, 0.2844216293, 14.8837221825, 1.8742747205, 29.1792190554],
            "rank": [13.567562705, 0.295738977, 15.053373819, 1.816337493, 29.575193727],
            "identity": [6.230539524, 4.865060184e-05, 18.34400083, 0.7942058248, 24.59950223],
            "log": [10.147051703, 0.283144400, 14.023347426, 3.279633951, 28.997543013],
        },
        [1, 1, 3, 1, 6],
        [3.152905206e-04, 5.938176612e-01, 1.918761271e-03, 1.709862924e-01, 5.626481019e-05],
    ),
    "whas500": Witness(
        [
            *[-0.67464910118, 0.14246866442, 0.06064921440, 0.01168809233],
            *[-0.01073046514, 1.86148737330, 0.82569040200, -0.02776836751],
        ],
        [
            *[0.173629743340, 0.039449087426, 0.008322005051, 0.002943048880],
            *[0.003472006197, 0.958020456511, 0.146509776337, 0.012052654212],
        ],
        {
            "km": [
                *[0.7031616154028, 0.6210530917308, 0.9318971464731, 1.1639258651370, 0.3934925014797],
                *[0.0009267416339, 0.3038512922008, 0.0012284763676, 6.0854814372519],
            ],
        },
        [1, 1, 1, 1, 1, 1, 1, 1, 8],
        [
            *[0.4017233806, 0.4306562195, 0.3343704375, 0.2806528360, 0.5304692840],
            *[0.9757142051, 0.5814780196, 0.9720401684, 0.6376571458],
        ],
    ),
}


def whas500() -> tuple[pd.DataFrame, np.ndarray]:
    datasets = pytest.importorskip("sksurv.datasets", reason="WHAS500 is read from scikit-survival")
    table, y = datasets.load_whas500()
    table = table.astype(float)
    powers = {"bmifp1": (table["bmi"] / 10) ** 2, "bmifp2": (table["bmi"] / 10) ** 3}
    table = table.assign(**powers, age_gender=table["age"] * table["gender"])
    names = ["bmifp1", "bmifp2", "age", "hr", "diasbp", "gender", "chf", "age_gender"]
    return table[names], survival_array(y["lenfol"], y["fstat"])


def model_of(name: str) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Columns in the order of R, the outcome, and the term of each column."""
    if name == "whas500":
        columns, y = whas500()
        return columns, y, list(columns)
    if name == "rossi":
        table = load_rossi()
        columns = table.drop(columns=["week", "arrest"])
        return columns, survival_array(table["week"], table["arrest"]), list(columns)
    if name == "gbsg2":
        table, category, levels = load_gbsg2(), "tgrade", ["II", "III"]
        table["horTh"], table["menostat"] = table["horTh"] == "yes", table["menostat"] == "Pre"
        names = [["horTh", "age", "menostat", "tsize"], ["pnodes", "progrec", "estrec"]]
        y = survival_array(table["time"], table["cens"])
    else:
        table, category, levels = pd.read_csv(VETERAN), "celltype", ["large", "smallcell", "squamous"]
        names, y = [["karno", "trt"], ["age"]], survival_array(table["time"], table["status"])
    indicators = pd.DataFrame({level: table[category] == level for level in levels})
    columns = pd.concat([table[names[0]], indicators, table[names[1]]], axis=1).astype(float)
    return columns, y, [*names[0], *[category] * len(levels), *names[1]]


@pytest.mark.parametrize("name", list(R))
def test_coefficients_and_errors_are_those_of_r(name: str) -> None:
    columns, y, _ = model_of(name)
    fit = fit_ordinary(columns.to_numpy(), y)
    assert fit.coefficients == pytest.approx(R[name].coefficients, rel=1e-6)
    assert fit.errors == pytest.approx(R[name].errors, rel=1e-6)
    assert not fit.endless.any()


@pytest.mark.parametrize("name", list(R))
def test_the_test_of_proportional_hazards_is_that_of_r(name: str) -> None:
    columns, y, terms = model_of(name)
    for transform, expected in R[name].chi2.items():
        found = proportional_hazards(y["time"], y["event"], columns, terms=terms, transform=transform)
        assert found["chi2"].tolist() == pytest.approx(expected, rel=1e-6, abs=1e-9)
        assert found["term"].tolist() == [*dict.fromkeys(terms), "GLOBAL"]
        assert found["df"].tolist() == R[name].df
        if transform == "km":
            assert found["p"].tolist() == pytest.approx(R[name].p, rel=1e-6)


def test_each_level_can_be_a_term_and_time_any_function() -> None:
    columns, y, _ = model_of("veteran")
    found = proportional_hazards(y["time"], y["event"], columns)
    alone = [12.9772987366, 0.2844216293, 5.4435727074, 3.9636204381, 3.5244752853, 1.8742747205]
    assert found["chi2"].tolist() == pytest.approx([*alone, 29.1792190554], rel=1e-6)
    table = pd.read_csv(VETERAN)[["trt", "prior", "karno"]]
    found = proportional_hazards(y["time"], y["event"], table, transform=lambda time: np.log(time + 20))
    assert found["chi2"].round(3).tolist() == [0.271, 2.260, 10.694, 16.881]
    assert found["p"].round(5).tolist() == [0.60247, 0.13275, 0.00107, 0.00075]


def test_the_published_coefficients() -> None:
    """Rossi: Fox and Weisberg, An R Companion to Applied Regression, web appendix on Cox models. GBSG2 (grade
    by polynomials): Hothorn and Everitt, A Handbook of Statistical Analyses Using R. Veterans: Therneau,
    Crowson and Atkinson, Using Time Dependent Covariates. All with Efron's ties.
    """
    columns, y, _ = model_of("rossi")
    rossi = fit_ordinary(columns.to_numpy(dtype=float), y)
    assert rossi.coefficients.round(5).tolist() == [
        *[-0.37942, -0.05744, 0.31390, -0.14980, -0.43370, -0.08487, 0.09150]
    ]
    assert rossi.errors.round(5).tolist() == [0.19138, 0.02200, 0.30799, 0.21222, 0.38187, 0.19576, 0.02865]
    columns, y, _ = model_of("gbsg2")
    second, third = columns.pop("II").to_numpy(), columns.pop("III").to_numpy()
    grade = second + 2 * third
    columns["linear"], columns["quadratic"] = (
        (grade - 1) / np.sqrt(2),
        (3 * (grade - 1) ** 2 - 2) / np.sqrt(6),
    )
    columns["menostat"] = 1 - columns["menostat"]
    gbsg2 = fit_ordinary(columns.to_numpy(), y)
    published = {
        "horTh": (-0.3462784, 0.1290747),
        "age": (-0.0094592, 0.0093006),
        "menostat": (0.2584448, 0.1834765),
        "tsize": (0.0077961, 0.0039390),
        "pnodes": (0.0487886, 0.0074471),
        "progrec": (-0.0022172, 0.0005735),
        "estrec": (0.0001973, 0.0004504),
        "linear": (0.5512988, 0.1898441),
        "quadratic": (-0.2010905, 0.1219654),
    }
    found = zip(gbsg2.coefficients.round(7), gbsg2.errors.round(7), strict=True)
    assert dict(zip(columns, found, strict=True)) == published
    table = pd.read_csv(VETERAN)
    veteran = fit_ordinary(
        table[["trt", "prior", "karno"]].to_numpy(dtype=float), survival_array(table["time"], table["status"])
    )
    assert veteran.coefficients.round(6).tolist() == [0.180197, -0.005551, -0.033771]
    assert veteran.errors.round(6).tolist() == [0.183468, 0.020225, 0.005114]


def test_an_ordinary_logistic_model_is_that_of_r() -> None:
    columns, y, _ = model_of("veteran")
    fit = fit_ordinary(columns.to_numpy(), y["time"] > 100)
    assert fit.coefficients == pytest.approx(
        [0.06390571473, -1.01478362434, 2.53612815015, 0.30125286922, 1.96470843362, -0.00161880229], rel=1e-6
    )
    assert fit.errors == pytest.approx(
        [0.01433657394, 0.47070777727, 0.77203041794, 0.71757201616, 0.71082464611, 0.02141585039], rel=1e-6
    )
