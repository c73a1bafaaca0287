"""Ruspini's 75 points: the partition and silhouettes that R's cluster package publishes for k = 4.

Source: E. H. Ruspini (1970), Numerical methods for fuzzy clustering, Information Sciences 2, 319-350; the silhouettes are the
reference output of pam(ruspini, 4) in R's cluster package.
"""

from __future__ import annotations

import numpy as np
import pytest

from coterie.clustering import ALGORITHMS, silhouette_samples

X = (
    "4 5 10 9 13 13 12 15 18 19 22 27 28 24 27 28 30 31 32 36 28 32 35 33 38 41 38 38 32 34 44 44 44 46 47 49 50 53 52 55 54 60 63 "
    "86 85 85 78 74 97 98 98 99 99 101 108 110 108 111 115 117 70 77 83 61 69 78 66 58 64 69 66 61 76 72 64"
)
Y = (
    "53 63 59 77 49 69 88 75 61 65 74 72 76 58 55 60 52 60 61 72 147 149 153 154 151 150 145 143 143 141 156 149 143 142 149 152 "
    "142 144 152 155 124 136 139 132 115 96 94 96 122 116 124 119 128 115 111 111 116 126 117 115 4 12 21 15 15 16 18 13 20 21 23 "
    "25 27 31 30"
)
RUSPINI = np.array([X.split(), Y.split()], dtype=float).T


@pytest.mark.parametrize("name", ["kmeans", "kmeans-sklearn", "kmedoids"])
def test_ruspini(name: str) -> None:
    fit = ALGORITHMS[name].fit(RUSPINI, 4, 20, 0)
    silhouettes = silhouette_samples(RUSPINI, [fit.labels])[0]
    assert silhouettes.mean() == pytest.approx(0.737657, abs=5e-7)
    by_cluster = {
        int((fit.labels == c).sum()): float(silhouettes[fit.labels == c].mean()) for c in range(4)
    }  # the four sizes differ, so they name the clusters
    assert by_cluster == pytest.approx({20: 0.7262347, 23: 0.7548344, 17: 0.6691154, 15: 0.8042285}, abs=5e-8)
