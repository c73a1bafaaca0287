"""Silhouettes, scores, the sweep and the choice, against published values and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics import silhouette_samples as reference

from coterie.clustering import ALGORITHMS, METRICS, choose, feasible_ks, fit_candidates, silhouette_samples
from coterie.errors import ClusteringError
from coterie.recipe import Choice, Clustering

IRIS = load_iris().data
PART = Clustering(k_min=2, k_max=4, n_init=10)


def quiet(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def swept(points, part: Clustering = PART, choice: Choice | None = None, k: int | None = None, value=None):
    ks, notes = feasible_ks(points, part, k)
    value = points.sum(axis=1) if value is None else value
    return choose(
        fit_candidates(points, value, part, choice or Choice(), ks, quiet), points, choice or Choice(), k, notes
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_silhouettes_equal_scikit_learn(n: int, features: int, labelings: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n + 2, features)).round(1)
    labels = []
    for _ in range(labelings):
        k = int(rng.integers(2, min(n + 1, 8) + 1))
        labels.append(rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, n + 2 - k)])).astype(np.int32))
    for ours, one in zip(silhouette_samples(points, labels), labels, strict=True):
        np.testing.assert_allclose(ours, reference(points, one), atol=1e-7)


def test_silhouettes_are_exact_at_size() -> None:
    rng = np.random.default_rng(0)
    points = rng.lognormal(size=(3000, 5))
    labels = [rng.integers(0, k, 3000).astype(np.int32) for k in range(2, 9)]
    for ours, one in zip(silhouette_samples(points, labels), labels, strict=True):
        np.testing.assert_allclose(ours.mean(), reference(points, one).mean(), atol=1e-12)


def test_iris_gives_the_published_figures() -> None:
    sweep = swept(IRIS, value=-IRIS[:, 0])
    by_k = {c.n_clusters: c.scores for c in sweep.candidates}
    assert [by_k[k]["inertia"] for k in (2, 3, 4)] == pytest.approx([152.34795, 78.85144, 57.22847], abs=1e-5)
    assert [by_k[k]["silhouette"] for k in (2, 3)] == pytest.approx([0.6810462, 0.5528190], abs=1e-7)
    assert [by_k[k]["calinski_harabasz"] for k in (2, 3)] == pytest.approx([513.9245, 561.6278], abs=1e-4)
    assert [by_k[k]["davies_bouldin"] for k in (2, 3)] == pytest.approx([0.4042928, 0.6619715], abs=1e-7)


@pytest.mark.parametrize("metric", list(METRICS), ids=lambda m: m.name)
def test_true_groups_beat_shuffled_ones_on_every_metric(metric) -> None:
    from coterie.clustering.algorithms import Partition
    from coterie.clustering.metrics import Judged
    from coterie.clustering.sampling import Silhouettes

    rng = np.random.default_rng(3)
    true = np.repeat(np.arange(3, dtype=np.int32), 40)
    points = rng.normal(size=(120, 2)) + 8.0 * true[:, None]
    scores = []
    for labels in (true, rng.permutation(true)):
        centers = np.array([points[labels == c].mean(axis=0) for c in range(3)])
        inertia = float(((points - centers[labels]) ** 2).sum())
        silhouettes = Silhouettes(silhouette_samples(points, [labels])[0], labels, np.bincount(labels))
        scores.append(metric.score(Judged(points, Partition(labels, centers, inertia), silhouettes)))
    better, worse = scores if metric.higher_is_better else scores[::-1]
    assert better > worse
    assert all(metric.bounds[0] <= score <= metric.bounds[1] for score in scores)


@pytest.mark.parametrize("algorithm", list(ALGORITHMS), ids=lambda a: a.name)
def test_every_algorithm_finds_far_apart_groups_and_repeats_itself(algorithm) -> None:
    rng = np.random.default_rng(4)
    true = np.repeat(np.arange(4), 30)
    points = rng.normal(size=(120, 3)) + 20.0 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])[true]
    first, second = (algorithm.fit(points, 4, 5, 7) for _ in range(2))
    assert adjusted_rand_score(true, first.labels) == 1
    np.testing.assert_array_equal(first.labels, second.labels)
    assert sorted(set(first.labels.tolist())) == [0, 1, 2, 3]


def test_rows_in_any_order_give_the_same_clusters_and_scores() -> None:
    rng = np.random.default_rng(5)
    points = rng.lognormal(size=(400, 3))
    order = rng.permutation(400)
    one, other = swept(points), swept(points[order])
    assert one.as_dict() == other.as_dict()
    np.testing.assert_array_equal(one.chosen.partition.labels[order], other.chosen.partition.labels)


def test_clusters_are_numbered_by_value_highest_first() -> None:
    points = np.concatenate([np.zeros((50, 1)), np.full((50, 1), 9.0)]) + np.linspace(0, 1, 100)[:, None]
    value = np.concatenate([np.full(50, 100.0), np.full(50, 1.0)])
    partition = swept(points, k=2, value=value).chosen.partition
    assert partition.labels[0] == 0
    assert partition.labels[-1] == 1
    assert partition.centers[0, 0] < partition.centers[1, 0]


def test_two_whales_never_become_a_segment() -> None:
    rng = np.random.default_rng(6)
    points = np.concatenate([rng.normal(size=(500, 2)), [[300.0, 300.0], [310.0, 300.0]]])
    sweep = swept(points)
    two = sweep.candidates[0]
    assert two.sizes == (2, 500)
    assert not two.passed
    assert two.why == "Lost: its smallest segment is 2 of 502 customers (0.40%), under 5%: too few to act on."
    assert min(sweep.chosen.sizes) > 2
    assert swept(points, choice=Choice(by="silhouette")).chosen.n_clusters == 2


def test_every_k_says_why_and_one_is_chosen() -> None:
    sweep = swept(IRIS)
    assert [c.why.startswith("Chosen") for c in sweep.candidates].count(True) == 1
    assert sweep.chosen_by == "gates"
    assert all(c.why.startswith(("Chosen", "Lost:")) for c in sweep.candidates)


def test_a_person_overrides_and_it_is_recorded() -> None:
    sweep = swept(IRIS, k=4)
    assert (sweep.chosen.n_clusters, sweep.chosen_by) == (4, "user")
    assert sweep.why.startswith("A person asked for 4 segments.")


def test_where_no_k_passes_everybody_stays_one_group() -> None:
    sweep = swept(IRIS, choice=Choice(smallest_share=0.6, pattern_share=0.6))
    assert sweep.chosen.n_clusters == 1
    assert "No k from 2 to 4 gives segments that come back" in sweep.why
    assert sweep.verdict == "none"
    assert set(sweep.chosen.partition.labels) == {0}


@pytest.mark.parametrize(
    ("points", "k", "code"),
    [
        (np.arange(3.0)[:, None], None, "too_few"),
        (np.ones((50, 2)), None, "no_variation"),
        (np.repeat(np.arange(3.0), 20)[:, None], 5, "k_too_large"),
        (np.arange(9.0)[:, None], 5, "too_few"),
    ],
)
def test_customers_that_cannot_be_clustered_are_refused(points, k, code: str) -> None:
    with pytest.raises(ClusteringError) as refusal:
        feasible_ks(points, Clustering(), k)
    assert refusal.value.code == code
    assert refusal.value.found
    assert refusal.value.fix


def test_the_range_of_k_is_cut_to_the_customers_and_said() -> None:
    ks, notes = feasible_ks(np.arange(12.0)[:, None], Clustering(), None)
    assert ks == [2, 3, 4, 5, 6]
    assert notes == ("k stops at 6: 12 customers, 12 of them different.",)
