"""Customers of several requests, assigned together: each is told what they are told alone, and of their own faults."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

import coterie as ct
from coterie.errors import ModelError
from coterie.model import SegmentModel
from coterie.web.scoring import score
from coterie.web.together import Together
from web_server import CHEAP


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return ct.run(ct.simulate(150, seed=5).lines, out=tmp_path_factory.mktemp("runs"), k=3, **CHEAP)


@pytest.fixture(scope="module")
def model(run: Any) -> SegmentModel:
    return run.model


@pytest.fixture(scope="module")
def customers(run: Any, model: SegmentModel) -> list[tuple[list[str], dict[str, np.ndarray]]]:
    table = run.customers("arrow")
    ids, columns = table["customer_id"].to_pylist(), {name: table[name].to_numpy().astype(float) for name in model.features}
    return [([one], {name: values[at : at + 1] for name, values in columns.items()}) for at, one in enumerate(ids)]


def asked(model: SegmentModel, given: Any, *, reasons: bool) -> list[Any]:
    """Ask for all in one moment; an answer, or why there is none, for each."""

    async def all_of_them() -> list[Any]:
        together = Together(model)
        asking = [together.score(ids, columns, reasons=reasons) for ids, columns in given]
        return await asyncio.gather(*asking, return_exceptions=True)

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("reasons", [True, False])
def test_each_is_told_what_they_are_told_alone(model: SegmentModel, customers: Any, reasons: bool) -> None:
    assert len(customers) > 64  # more than go at a time
    assert asked(model, customers, reasons=reasons) == [score(model, *one, reasons=reasons) for one in customers]


def test_requests_of_several_customers_get_their_own_back(model: SegmentModel, customers: Any) -> None:
    def joined(part: Any) -> Any:
        return [one for ids, _ in part for one in ids], {n: np.concatenate([c[n] for _, c in part]) for n in model.features}

    given = [joined(customers[at : at + size]) for at, size in ((0, 8), (8, 1), (9, 3), (12, 100))]
    assert [[one["customer_id"] for one in found] for found in asked(model, given, reasons=False)] == [ids for ids, _ in given]


def test_a_faulty_one_is_told_and_the_others_are_assigned(model: SegmentModel, customers: Any) -> None:
    ids, columns = customers[1]
    faulty = (ids, {**columns, "active_days": np.array([np.inf])})
    first, second, third = asked(model, [customers[0], faulty, customers[2]], reasons=True)
    assert (first, third) == (score(model, *customers[0]), score(model, *customers[2]))
    assert isinstance(second, ModelError)
    assert ids[0] in str(second)


def test_who_has_gone_leaves_the_others_their_answers(model: SegmentModel, customers: Any) -> None:
    async def one_goes() -> Any:
        together = Together(model)
        going, staying = (asyncio.ensure_future(together.score(*one, reasons=False)) for one in customers[:2])
        await asyncio.sleep(0)
        going.cancel()
        return await staying

    assert asyncio.run(one_goes()) == score(model, *customers[1], reasons=False)
