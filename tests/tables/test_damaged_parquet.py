"""Damage to the values of a Parquet table that this package wrote is noticed, never read as other numbers."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.tables import read_table
from nbradiomics.tables.writing import write_table
from tests.support.damage import flipped


def test_no_flipped_bit_in_the_values_of_a_table_is_read(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(50, 8))
    table = pd.DataFrame(numbers, columns=[f"feature_{column}" for column in range(8)])
    table.insert(0, "subject", [f"S{row}" for row in range(len(table))])
    file = write_table(table, tmp_path / "features.parquet")
    content, noticed = file.read_bytes(), 0
    values = len(content) - 8 - struct.unpack("<i", content[-8:-4])[0]  # the footer comes last
    for place in random.Random(0).sample(range(8 * 4, 8 * values), 400):
        file.write_bytes(flipped(content, place))
        try:
            found = read_table(file)
        except InputError:
            noticed += 1
        else:  # a bit in the description of a page that nobody reads
            pd.testing.assert_frame_equal(found, table, check_exact=True)
    assert noticed > 300


def test_a_damaged_table_is_named_with_what_to_do(tmp_path: Path) -> None:
    file = write_table(pd.DataFrame({"subject": ["A", "B"], "n": [0.25, 0.5]}), tmp_path / "t.parquet")
    content = file.read_bytes()
    file.write_bytes(content.replace(struct.pack("<d", 0.5), struct.pack("<d", 0.75), 1))
    with pytest.raises(InputError, match=r"t\.parquet is damaged.*Copy it again"):
        read_table(file)


@pytest.mark.parametrize("checksums", [False, True])
@pytest.mark.parametrize("page", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_tables_of_other_programs_are_read_with_checksums_and_without(
    checksums: bool, page: str, compression: str, tmp_path: Path
) -> None:
    table = pd.DataFrame({"subject": ["A", "B", "B"], "n": [0.25, np.nan, 0.5], "grade": [1, 2, 3]})
    file = tmp_path / "t.parquet"
    options = {"write_page_checksum": checksums, "data_page_version": page, "compression": compression}
    table.to_parquet(file, index=False, **options)  # type: ignore[call-overload]
    pd.testing.assert_frame_equal(read_table(file), table)
    table.to_parquet(file)  # as pandas does it, and earlier releases did
    pd.testing.assert_frame_equal(read_table(file), table)
