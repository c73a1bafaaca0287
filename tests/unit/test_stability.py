"""Resampled validation: real clusters come back, invented ones do not, and each verdict follows its gates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from coterie.clustering import (
    ALGORITHMS,
    GATES,
    Month,
    Stability,
    adjusted_rand,
    calibrate,
    choose,
    cross_table,
    fit_candidates,
    stability,
)
from coterie.clustering.null import cluster_free
from coterie.recipe import Choice, Clustering

KMEANS = ALGORITHMS["kmeans"]
RNG = np.random.default_rng(11)
CENTERS = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
GROUPS = RNG.normal(size=(300, 2)) + CENTERS[np.repeat([0, 1, 2], 100)]
CLOUD = RNG.normal(size=(300, 2))


def quiet(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=80))
def test_adjusted_rand_equals_scikit_learn(pairs) -> None:
    one, other = (np.asarray(labels) for labels in zip(*pairs, strict=True))
    assert adjusted_rand(cross_table(one, 5, other, 4)) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)


def figures(points: np.ndarray, k: int) -> tuple[float, float, float]:
    partition = KMEANS.fit(points, k, 10, 0)
    jaccard = stability.bootstrap_jaccard(KMEANS, points, partition, n_resamples=20, n_init=5, random_state=0, size=len(points))
    seeds = stability.seed_agreement(KMEANS, points, partition, n_init=5, random_state=0, n_seeds=5)
    strength = stability.prediction_strength(KMEANS, points, k, n_splits=5, n_init=5, random_state=0, size=len(points))
    return min(jaccard), seeds, strength[0]


def test_clusters_that_are_there_come_back() -> None:
    assert figures(GROUPS, 3) == pytest.approx((1, 1, 1), abs=0.02)


def test_clusters_that_are_not_there_do_not() -> None:
    jaccard, _, strength = figures(CLOUD, 6)
    assert jaccard < 0.75
    assert strength < 0.6


def test_the_same_seed_gives_the_same_figures() -> None:
    assert figures(CLOUD, 4) == figures(CLOUD, 4)


def test_a_check_left_out_is_none() -> None:
    partition = KMEANS.fit(GROUPS, 3, 1, 0)
    assert stability.bootstrap_jaccard(KMEANS, GROUPS, partition, n_resamples=0, n_init=1, random_state=0, size=9) is None
    assert stability.seed_agreement(KMEANS, GROUPS, partition, n_init=1, random_state=0, n_seeds=0) is None
    assert stability.prediction_strength(KMEANS, GROUPS, 3, n_splits=0, n_init=1, random_state=0, size=9) is None
    assert stability.refit_agreement(KMEANS, [], [partition], n_init=1, random_state=0, size=300) == [None]


def test_refits_agree_with_a_still_month_and_not_with_one_that_moved() -> None:
    partition = KMEANS.fit(GROUPS, 3, 5, 0)
    everybody = np.arange(300)
    still = Month("2011-01-01", GROUPS, GROUPS, everybody)
    moved = Month("2011-02-01", RNG.permutation(GROUPS) @ np.array([[0.0, 1.0], [0.1, 0.0]]), GROUPS, everybody)
    found = stability.refit_agreement(KMEANS, [still], [partition], n_init=5, random_state=0, size=300)
    assert found == [{"2011-01-01": 1.0}]
    found = stability.refit_agreement(KMEANS, [moved], [partition], n_init=5, random_state=0, size=300)
    assert found[0]["2011-02-01"] < 0.8


@pytest.mark.parametrize("size", [300, 299], ids=["side by side", "one by one, from a sample"])
def test_refits_of_many_months_and_ks_are_those_of_each(size) -> None:
    answers = [KMEANS.fit(GROUPS, k, 5, 0) for k in (2, 3, 4)]
    months = [Month(end, CLOUD[: len(GROUPS)] + i, GROUPS, np.arange(300)) for i, end in enumerate(("2011-01-01", "2011-02-01"))]
    plan = {"n_init": 2, "random_state": 3, "size": size}
    together = stability.refit_agreement(KMEANS, months, answers, **plan)
    assert together == [stability.refit_agreement(KMEANS, months, [answer], **plan)[0] for answer in answers]
    assert len({agreement["2011-02-01"] for agreement in together}) == 3


@pytest.fixture(scope="module")
def candidates():
    part = Clustering(k_min=2, k_max=4, n_init=5)
    choice = Choice(n_bootstrap=5, n_seeds=2, n_splits=3)
    return fit_candidates(GROUPS, GROUPS[:, 0], part, choice, [2, 3, 4], quiet)


GOOD = Stability(
    jaccard=(0.9, 0.8), seed_ari=1.0, prediction_strength=0.9, prediction_strength_se=0.02, refit_ari={"2011-01-01": 0.9}
)


def judged(candidates, stabilities, **thresholds):
    changed = [replace(c, stability=s) for c, s in zip(candidates, stabilities, strict=True)]
    return choose(changed, GROUPS, Choice(**thresholds), None)


@pytest.mark.parametrize(("change", "gate", "words"), [
    ({"jaccard": (0.9, 0.6)}, "jaccard", "does not come back when customers are resampled (Jaccard 0.60, asked for 0.75)"),
    ({"seed_ari": 0.9}, "seed_ari", "another seed groups the customers differently (ARI 0.90, asked for 0.95)"),
    ({"prediction_strength": 0.7}, "prediction_strength", "customers held out are grouped differently (prediction strength 0.72"),
    ({"refit_ari": {"a": 0.95, "b": 0.5}}, "refit_ari", "a month later the segments are others (worst ARI of refits 0.50"),
])
def test_each_gate_refuses_and_says_so(candidates, change, gate: str, words: str) -> None:
    sweep = judged(candidates, [GOOD, GOOD, replace(GOOD, **change)])
    lost = sweep.candidates[2]
    assert {g.name for g in lost.gates if g.passed is False} == {gate}
    assert words in lost.why
    assert lost.verdict == ("none" if gate in ("jaccard", "seed_ari") else "pattern")
    assert (sweep.chosen.n_clusters, sweep.verdict) == (3, "reproducible")


def test_a_pattern_is_chosen_where_no_larger_k_is_reproducible_and_k_2_is_named_as_safer(candidates) -> None:
    weak = replace(GOOD, prediction_strength=0.7)
    sweep = judged(candidates, [GOOD, weak, replace(GOOD, jaccard=(0.1,))])
    assert (sweep.chosen.n_clusters, sweep.verdict) == (3, "pattern")
    assert sweep.why.startswith("Chosen as a pattern")
    assert sweep.why.endswith("k = 2 passes every gate: the safer answer.")


def test_k_2_wins_where_nothing_larger_comes_back(candidates) -> None:
    bad = replace(GOOD, jaccard=(0.1,))
    sweep = judged(candidates, [GOOD, bad, bad])
    assert (sweep.chosen.n_clusters, sweep.verdict) == (2, "reproducible")


def test_where_nothing_comes_back_nothing_is_invented(candidates) -> None:
    bad = replace(GOOD, jaccard=(0.1,))
    sweep = judged(candidates, [bad, bad, bad])
    assert (sweep.chosen.n_clusters, sweep.verdict, sweep.chosen_by) == (1, "none", "gates")


@pytest.mark.parametrize("demand", list(GATES), ids=lambda demand: demand.name)
def test_every_gate_has_its_threshold_in_the_recipe(demand) -> None:
    assert demand.name in Choice.model_fields
    assert demand.pattern is None or demand.pattern in Choice.model_fields
    assert demand.meaning.endswith(".")


def test_a_twin_without_clusters_keeps_margins_and_rank_dependence() -> None:
    from scipy.stats import spearmanr

    points = np.column_stack([RNG.lognormal(size=2000), RNG.integers(0, 5, 2000)])
    points[:, 1] += points[:, 0]
    twin = cluster_free(points, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(twin, axis=0), np.sort(points, axis=0))
    assert spearmanr(twin[:, 0], twin[:, 1])[0] == pytest.approx(spearmanr(points[:, 0], points[:, 1])[0], abs=0.05)


# Clusters that no single feature shows: its margin is nearly one hump.
HIDDEN = RNG.normal(size=(300, 12)) + 1.2 * RNG.choice([-1.0, 1.0], size=(3, 12))[np.repeat([0, 1, 2], 100)]


@pytest.mark.parametrize(("points", "words"), [(HIDDEN, "natural clusters"), (CLOUD, "reproducible segments")])
def test_only_clusters_beyond_chance_are_called_natural(points, words: str) -> None:
    part, choice = Clustering(k_min=2, k_max=3, n_init=5), Choice(n_bootstrap=0, n_seeds=0, n_splits=5, n_null=10)
    chosen = fit_candidates(points, points[:, 0], part, choice, [3], quiet)[0]
    found = calibrate(points, chosen, part, choice, "reproducible")
    assert found.words == words
    assert calibrate(points, chosen, part, choice, "pattern").words == "constructed"
    assert calibrate(points, chosen, part, Choice(n_null=0), "reproducible") is None
