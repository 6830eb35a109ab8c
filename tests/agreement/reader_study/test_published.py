"""The reader study's statistics against published worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.multiplicity import benjamini_yekutieli, holm
from nbradiomics.agreement.reader_study.paired import signed_rank
from nbradiomics.agreement.reader_study.volumes import limits_of_agreement

#: Bland and Altman, Lancet 1986;327:307-310: first readings of 17 subjects, Wright and mini meter, l/min.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_limits_of_agreement_of_the_peak_flow_meters():
    differences = np.array(WRIGHT, dtype=float) - MINI
    found = limits_of_agreement(differences, np.arange(17), ReaderStudySettings())
    bias, sd = found["bias"], found["sd"][0]
    assert bias[0] == pytest.approx(-2.1, abs=0.05)
    assert sd == pytest.approx(38.8, abs=0.05)
    # The paper's limits take two standard deviations; its interval of the bias is -22.0 to 17.8.
    assert (bias[0] - 2 * sd, bias[0] + 2 * sd) == pytest.approx((-79.7, 75.5), abs=0.15)
    assert bias[1:] == pytest.approx((-22.0, 17.8), abs=0.1)
    # Its interval of the lower limit, -114.3 to -45.1, takes a standard error of sqrt(3 s^2 / n) = 16.3.
    low = found["low"]
    assert low[0] == pytest.approx(-2.118 - 1.96 * 38.765, abs=0.01)
    assert (low[2] - low[1]) / 2 == pytest.approx(34.6, abs=0.4)


def test_signed_ranks_of_darwin_s_plants():
    # Darwin's 15 pairs of cross- and self-fertilised Zea mays, differences in eighths of an inch (Fisher, The
    # Design of Experiments, 1935): the rank sums are 96 and 24, the exact two-sided p is 0.041.
    differences = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)
    assert signed_rank(differences) == pytest.approx(0.0413, abs=0.0005)


def test_adjusted_p_values_of_benjamini_and_hochberg_s_fifteen():
    # Benjamini and Hochberg, J R Stat Soc B 1995;57:289-300, 15 comparisons of thrombolysis: Bonferroni's way
    # and Holm's reject the first three at 0.05.
    small = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p = np.array([*small, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    assert (holm(p) <= 0.05).sum() == 3
    # Their own procedure rejects four; for any dependence the level is divided by 1 + ... + 1/15 = 3.318.
    assert (benjamini_yekutieli(p) / 3.318229 <= 0.05).sum() == 4
    assert (benjamini_yekutieli(p) <= 0.05).sum() == 3
