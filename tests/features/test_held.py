"""A table made from what is held of the results is the table of the results."""

import math

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from hypothesis import given, strategies as st

from nbradiomics.features.feature_rows import assembled
from nbradiomics.features.held import held_row
from nbradiomics.features.schema import FEATURES
from nbradiomics.tables import write_table

NAMES = st.lists(st.sampled_from(["original_a", "original_b", "wavelet_a", "log_a"]), unique=True)
ROWS = st.lists(st.none() | NAMES, min_size=1, max_size=8)


def index(row: int) -> list[str | int]:
    cells: dict[str, str | int] = {**dict.fromkeys(FEATURES.names, ""), "subject": f"S{row}", "reading": 1}
    return [cells[name] for name in FEATURES.names]


@given(ROWS)
def test_rows_of_different_features_make_one_table(kinds: list[list[str] | None]) -> None:
    """Rows may lack features in any order, or have failed."""
    results = {
        str(row): {"values": {name: row + len(name) / 7 for name in names}, "missing": {}, "span": None}
        for row, names in enumerate(kinds)
        if names is not None
    }
    held = {name: held_row(payload) for name, payload in results.items()}
    table = assembled({str(row): index(row) for row in range(len(kinds))}, held)
    assert table["subject"].tolist() == [f"S{row}" for row in range(len(kinds))]
    expected = list(dict.fromkeys(name for names in kinds for name in names or []))
    features = [name for name in table.columns if name not in FEATURES.names]
    assert features == expected
    assert all(table[name].dtype.kind == "f" for name in features)
    for row, names in enumerate(kinds):
        for name in features:
            value = results[str(row)]["values"].get(name, math.nan) if names is not None else math.nan
            assert np.array_equal(table.loc[row, name], value, equal_nan=True)


def test_equal_names_are_held_once() -> None:
    payloads = [{"values": {"a" * 3: 1.0, "b": math.nan}, "missing": {}, "span": [0, 1]} for _ in range(2)]
    first, second = map(held_row, payloads)
    assert first.names is second.names
    assert first.span == (0, 1)
    assert np.isnan(first.values[1])


def test_a_large_table_can_be_read_in_pieces(tmp_path) -> None:
    table = pd.DataFrame({"subject": [f"S{row}" for row in range(2500)], "original_a": np.arange(2500.0)})
    file = pq.ParquetFile(write_table(table, tmp_path / "features.parquet"))
    assert file.num_row_groups == 3
    pieces = [batch.to_pandas() for batch in file.iter_batches(batch_size=1000)]
    assert max(map(len, pieces)) <= 1000
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), table)
