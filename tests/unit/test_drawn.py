"""Of very many customers, earlier months and other decisions are tried on a part that is drawn at random."""

import numpy as np
import pytest

import coterie as ct
from coterie import Recipe, preparation
from coterie.answer import find_answer
from coterie.aside import Aside
from coterie.cleaning import clean, lines_of
from coterie.datasets import simulate
from coterie.engines import open_engine
from coterie.history import earlier_months
from coterie.lifetime import foresee, read_evidence
from coterie.pipeline import customers_of, day_after
from coterie.preparation import drawn, prepare
from coterie.segments.rules import find_rules
from coterie.sources import read_lines

RECIPE = Recipe.load("default").override(
    {"choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 3}, "clustering": {"k_max": 4, "n_init": 3}}
)


@pytest.fixture
def shop():
    with open_engine() as engine:
        cleaned = clean(engine, read_lines(engine, simulate(900, seed=2).lines, RECIPE), RECIPE)
        as_of = day_after(cleaned)
        yield engine, cleaned, customers_of(engine, cleaned, RECIPE, as_of), as_of


def test_a_part_is_the_same_every_time_and_stands_where_it_says(shop, monkeypatch):
    monkeypatch.setattr(preparation, "DRAWN", 300)
    prepared = prepare(shop[2], RECIPE)
    part, again = drawn(prepared, 7), drawn(prepared, 7)
    assert len(part.customers.ids) == 300
    assert (part.customers.ids == again.customers.ids).all()
    assert not np.array_equal(part.customers.ids, drawn(prepared, 8).customers.ids)
    everybody = prepared.customers.ids[prepared.customers.buying]
    assert (everybody[part.rows] == part.customers.ids[part.customers.buying]).all()
    assert (prepared.points[part.rows] == part.points).all()


def test_few_customers_are_all_taken(shop):
    prepared = prepare(shop[2], RECIPE)
    assert drawn(prepared, 7) is prepared


def test_the_lines_of_a_part_are_its_customers_lines(shop):
    engine, cleaned, customers, _ = shop
    own = lines_of(cleaned, customers.ids[::3])
    wanted = ", ".join(f"'{one}'" for one in customers.ids[::3])
    for table, part in ((cleaned.table, own.table), (cleaned.met, own.met), (cleaned.netting, own.netting)):
        query = "SELECT count(*), sum(source_row) FROM {} WHERE customer_id IN ({})"
        assert engine.rows(query.format(part, wanted)) == engine.rows(query.format(table, wanted)) != [(0, None)]
        assert engine.rows(f"SELECT count(*) FROM {part}") == [(engine.rows(query.format(table, wanted))[0][0],)]


def test_the_months_of_a_part_are_those_of_its_customers(shop, monkeypatch):
    engine, cleaned, customers, as_of = shop
    monkeypatch.setattr(preparation, "DRAWN", 500)
    prepared = prepare(customers, RECIPE)
    part = drawn(prepared, 1)
    whole = earlier_months(engine, cleaned, prepared, RECIPE, as_of)
    some = earlier_months(engine, lines_of(cleaned, part.customers.ids), part, RECIPE, as_of)
    assert [month.end for month in some] == [month.end for month in whole]
    assert all(len(few.points) < len(month.points) for few, month in zip(some, whole, strict=True))
    # Whoever is known today and was known then stands at the same place among today's points.
    assert set(some[-1].rows) == set(whole[-1].rows) & set(part.rows)


def test_what_was_known_of_a_part_is_what_was_known_of_its_customers(shop, monkeypatch):
    engine, cleaned, customers, as_of = shop
    monkeypatch.setattr(preparation, "DRAWN", 500)
    prepared = prepare(customers, RECIPE)
    part = drawn(prepared, 1)
    whole = read_evidence(engine, cleaned, prepared, prepared, cleaned, RECIPE, as_of)
    some = read_evidence(engine, cleaned, prepared, part, lines_of(cleaned, part.customers.ids), RECIPE, as_of)
    for of_part, of_all in ((some.then.orders, whole.then.orders), (some.then.today, whole.orders), (some.told, whole.orders)):
        for name, values in vars(of_part).items():
            np.testing.assert_array_equal(values, getattr(of_all, name)[part.chosen])
    known = part.customers.ids[some.then.rows]
    assert list(known) == list(some.then.customers.ids)
    assert set(known) == set(part.customers.ids) & set(whole.then.customers.ids)
    # What comes is forecast of everybody, by models that were fitted on the part.
    found = foresee(some, RECIPE.override({"value": {"total_within": 10.0, "rank_correlation": -1.0}}))
    assert found.now.orders_fit.customers == int(some.told.known.sum()) < len(found.now.expected_orders) == len(customers.ids)
    assert found.past.orders_fit.customers <= len(found.past.expected_orders) == 500


def test_a_run_says_so(shop, monkeypatch):
    engine, cleaned, customers, as_of = shop
    monkeypatch.setattr(preparation, "DRAWN", 500)
    with Aside() as aside:
        answer = find_answer(engine, aside, cleaned, customers, RECIPE, as_of, lambda stage, done, total: None)
    assert any(f"500 of {len(customers.ids)} customers, drawn at random" in note for note in answer.sweep.notes)
    assert all(one["customers"] <= 500 for one in answer.beside["sensitivity"])
    assert any(one["changed"] == "returns not netted" for one in answer.beside["sensitivity"])


def test_few_customers_need_no_saying(tmp_path):
    run = ct.run(simulate(300, seed=1).lines, RECIPE, out=tmp_path)
    assert not any("drawn at random" in note for note in run.sweep["notes"])


def test_rules_are_looked_for_on_a_part_and_counted_on_all():
    rng = np.random.default_rng(4)
    orders, spend = rng.integers(1, 30, 4000).astype(float), rng.lognormal(5, 1, 4000)
    labels = np.where(orders < 10, 1, 0).astype(np.int32)
    told = ([{"feature": "total_orders"}, {"feature": "total_spend"}], ["log", "log"], ["s1", "s2"])
    columns, drawn = {"total_orders": orders, "total_spend": spend}, np.arange(0, 4000, 5)
    found, whole = find_rules(columns, labels, *told, drawn), find_rules(columns, labels, *told)
    assert found.tree.counts.tolist() == np.bincount(labels).tolist()
    assert found.as_dict() == whole.as_dict()
