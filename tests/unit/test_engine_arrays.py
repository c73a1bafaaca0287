"""What a NULL is in an array."""

from __future__ import annotations

import numpy as np

from coterie.engines import open_engine


def test_a_null_is_nan_nat_or_none_and_never_a_value() -> None:
    with open_engine() as engine:
        found = engine.arrays("SELECT * FROM (VALUES (7, 'a', TRUE, DATE '2011-01-01'), (NULL, NULL, NULL, NULL)) AS t(n, t, b, d)")
    assert found["n"][0] == 7
    assert np.isnan(found["n"][1])
    assert found["t"].tolist() == ["a", None]
    assert found["b"].tolist() == [True, None]
    assert np.isnat(found["d"][1])
