"""Every algorithm goes through the same sweep and gates, and has a model file only where the nearest centre is its answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

import coterie as ct
from coterie.clustering import ALGORITHMS, choose, feasible_ks, fit_candidates, not_given
from coterie.clustering.fitting import carried, fit_one
from coterie.clustering.medoids import pam
from coterie.errors import ClusteringError, ModelError
from coterie.recipe import Choice, Clustering

EVERY = pytest.mark.parametrize("algorithm", list(ALGORITHMS), ids=lambda a: a.name)
RNG = np.random.default_rng(8)
KIND = np.repeat(np.arange(3), 80)
GROUPS = RNG.normal(size=(240, 2)) + np.array([[0, 0], [9, 0], [0, 9]])[KIND]
# Many customers share a value exactly, as those with one order do.
ALIKE = np.column_stack([np.repeat([0.0, 3.0], 120), RNG.normal(size=240), np.zeros(240)])
QUICK = Choice(n_bootstrap=4, n_seeds=2, n_splits=2, n_init=3)


def quiet(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def swept(points, algorithm: str, choice: Choice = QUICK, **part):
    part = Clustering(algorithm=algorithm, k_max=5, n_init=5, **part)
    ks, notes = feasible_ks(points, part, None)
    candidates = fit_candidates(points, points.sum(axis=1), part, choice, ks, quiet)
    return choose(candidates, points, choice, None, notes + not_given(ks, [c.n_clusters for c in candidates], part, None))


@EVERY
def test_clusters_that_are_there_pass_every_gate(algorithm) -> None:
    sweep = swept(GROUPS, algorithm.name)
    three = next(c for c in sweep.candidates if c.n_clusters == 3)
    assert adjusted_rand_score(three.partition.labels, KIND) == 1
    assert three.passed
    assert all(gate.passed for gate in three.gates if gate.name != "refit_ari")


@EVERY
def test_centres_are_members_or_their_means_and_the_order_of_rows_changes_nothing(algorithm) -> None:
    order = RNG.permutation(240)
    one, other = swept(GROUPS, algorithm.name), swept(GROUPS[order], algorithm.name)
    assert one.as_dict() == other.as_dict()
    for candidate, same in zip(one.candidates, other.candidates, strict=True):
        labels = candidate.partition.labels
        np.testing.assert_array_equal(labels[order], same.partition.labels)
        for cluster, center in enumerate(candidate.partition.centers):
            members = GROUPS[labels == cluster]
            among = (members == center).all(axis=1).any()
            assert among or np.abs(members.mean(axis=0) - center).max() < 0.05  # scikit-learn stops a step before


@EVERY
def test_customers_who_share_values_exactly_are_no_trouble(algorithm) -> None:
    sweep = swept(ALIKE, algorithm.name)
    assert all(min(candidate.sizes) > 0 for candidate in sweep.candidates)
    two = next(c for c in sweep.candidates if c.n_clusters == 2)
    assert adjusted_rand_score(two.partition.labels, ALIKE[:, 0]) == 1


@EVERY
def test_where_it_can_predict_its_labels_are_the_nearest_centres(algorithm) -> None:
    # A wide crowd and a tight one at its edge: the tight one's centre is nearest to some of the wide one's.
    points = np.concatenate([RNG.normal(scale=3, size=(250, 2)), RNG.normal([5, 0], 0.2, size=(100, 2))])
    fit = algorithm.fit(points, 2, 5, 0)
    placed = carried(algorithm, fit, points, points)
    assert (placed == fit.labels).all()
    nearest = np.square(points[:, None] - fit.centers).sum(axis=2).argmin(axis=1)
    assert algorithm.can_predict == bool((nearest == fit.labels).all())


def test_ward_is_scikit_learns() -> None:
    points = RNG.normal(size=(300, 4))
    for k in (2, 5, 9):
        ours = ALGORITHMS["ward"].fit(points, k, 1, 0).labels
        assert adjusted_rand_score(ours, AgglomerativeClustering(k).fit_predict(points)) == 1


def test_the_mixture_tells_bic_per_k_and_the_true_number_has_the_lowest() -> None:
    tilted = np.concatenate([RNG.multivariate_normal([0, y], [[1, 0.7], [0.7, 1]], 300) for y in (0, 4, 8)])
    sweep = swept(tilted, "gaussian-mixture")
    bic = {c["n_clusters"]: c["bic"] for c in sweep.as_dict()["candidates"]}
    assert min(bic, key=bic.get) == 3
    reference = GaussianMixture(3, reg_covar=1e-3, n_init=5, random_state=0).fit(tilted).bic(tilted)
    assert bic[3] == pytest.approx(reference, rel=1e-3)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_no_single_swap_betters_the_medoids(k: int) -> None:
    for seed in range(10):
        points = np.random.default_rng(seed).normal(size=(14, 2))
        distances = np.linalg.norm(points[:, None] - points, axis=2)
        medoids = pam(distances, k).tolist()
        total = distances[medoids].min(axis=0).sum()
        swaps = [[*(m for m in medoids if m != out), new] for out in medoids for new in range(14) if new not in medoids]
        assert min(distances[swap].min(axis=0).sum() for swap in swaps) >= total - 1e-9


def test_medoids_are_customers() -> None:
    fit = ALGORITHMS["kmedoids"].fit(GROUPS, 3, 1, 0)
    assert (fit.centers[:, None] == GROUPS).all(axis=2).any(axis=1).all()


def test_hdbscan_finds_k_says_who_lies_between_and_leaves_nobody_out() -> None:
    between = RNG.uniform(-2, 11, size=(25, 2))
    sweep = swept(np.concatenate([GROUPS, between]), "hdbscan")
    (found,) = sweep.candidates
    assert found.n_clusters == 3
    assert sum(found.sizes) == 265
    assert 0 < found.scores["noise_share"] <= 0.15
    assert any("lie in no dense region" in note for note in sweep.notes)


def test_hdbscan_that_finds_no_two_regions_leaves_everybody_one_group() -> None:
    sweep = swept(np.random.default_rng(1).normal(size=(400, 2)), "hdbscan")
    assert (sweep.chosen.n_clusters, sweep.verdict, sweep.candidates) == (1, "none", ())


@pytest.mark.parametrize(
    ("algorithm", "n", "k", "code"),
    [
        ("ward", 20_001, None, "too_many_customers"),
        ("hdbscan", 50_001, None, "too_many_customers"),
        ("hdbscan", 100, 4, "k_not_free"),
    ],
)
def test_what_an_algorithm_cannot_do_is_refused_with_a_way_out(algorithm: str, n: int, k, code: str) -> None:
    with pytest.raises(ClusteringError) as refusal:
        feasible_ks(np.random.default_rng(0).normal(size=(n, 1)), Clustering(algorithm=algorithm), k)
    assert refusal.value.code == code
    assert "--algorithm kmeans" in refusal.value.fix


def test_a_k_that_was_not_given_is_said_or_refused() -> None:
    part = Clustering(algorithm="gaussian-mixture")
    assert not_given([2, 3, 4], [2, 4], part, None) == ("gaussian-mixture left clusters empty at k = 3.",)
    assert not_given([2, 3], [2, 3], part, 3) == ()
    with pytest.raises(ClusteringError, match="does not give 3 segments"):
        not_given([2, 3, 4], [2, 4], part, 3)


def test_the_recipes_page_tells_of_every_algorithm_and_its_limits() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text("utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `") and row.count("|") == 5}
    for algorithm in ALGORITHMS:
        row = rows[algorithm.name]
        assert ("nearest centre" in row) == algorithm.can_predict
        limits = (f"{algorithm.most_customers or 0:,} customers", f"{algorithm.most_fits} refits")
        wanted = (algorithm.most_customers is not None, algorithm.most_fits is not None)
        assert tuple(limit in row for limit in limits) == wanted


def test_of_very_many_a_sample_starts_and_all_settle() -> None:
    kmeans = ALGORITHMS["kmeans"]
    points = RNG.normal(size=(6000, 2)) + 6.0 * np.eye(2)[RNG.integers(2, size=6000)]
    whole, started = (fit_one(kmeans, points, 2, n_init=5, random_state=0, sample_above=size) for size in (6000, 1000))
    assert started.inertia == pytest.approx(whole.inertia, rel=1e-4)
    assert adjusted_rand_score(whole.labels, started.labels) > 0.999


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ct.Run]:
    lines, out = ct.simulate(250, seed=3).lines, tmp_path_factory.mktemp("runs")
    choice = {"n_bootstrap": 3, "n_seeds": 2, "n_splits": 2, "n_months": 0, "sensitivity": False}
    names = ("bisecting-kmeans", "kmedoids", "ward", "gaussian-mixture")
    return {
        name: ct.run(lines, out=out / name, k=3, clustering={"algorithm": name, "k_max": 4}, choice=choice) for name in names
    }


@pytest.mark.parametrize("name", ["bisecting-kmeans", "kmedoids", "ward", "gaussian-mixture"])
def test_a_run_holds_its_algorithms_own_labels(runs, name: str) -> None:
    run = runs[name]
    sizes = run.customers().query("cluster >= 0").groupby("cluster").size().tolist()
    assert sizes == next(c["sizes"] for c in run.sweep["candidates"] if c["n_clusters"] == 3)
    assert run.sweep["algorithm"] == name
    assert (run.path / "report.html").stat().st_size > 10_000


def test_only_what_assigns_has_a_model_file(runs, tmp_path: Path) -> None:
    for name in ("bisecting-kmeans", "kmedoids"):
        frame = runs[name].customers()
        again = ct.assign(runs[name], frame).to_pandas()
        assert again["cluster"].equals(frame["cluster"]) or (again["cluster"].dropna() == frame["cluster"].dropna()).all()
    for name in ("ward", "gaussian-mixture"):
        path = runs[name].path
        assert not (path / "model.json").exists()
        assert json.loads((path / "clusters.json").read_text())["kind"] == "coterie segment description"
        for place in (path, path / "clusters.json"):
            with pytest.raises(ModelError) as refusal:
                ct.assign(place, frame)
            assert refusal.value.code == "cannot_assign"
            assert f"{name} cannot assign new customers." in str(refusal.value)
