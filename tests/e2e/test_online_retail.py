"""The real file: the notebook to the printed digit, and the default recipe as the method says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

import coterie as ct


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def notebook(online_retail: Path, runs: Path) -> ct.Run:
    return ct.run(online_retail, "notebook", out=runs, keep_lines=True)


@pytest.fixture(scope="module")
def default(online_retail: Path, runs: Path) -> ct.Run:
    return ct.run(online_retail, out=runs)


@pytest.fixture(scope="module")
def facts(online_retail_facts: Path) -> dict:
    return json.loads(online_retail_facts.read_text())


def test_the_notebooks_lines(notebook: ct.Run, facts: dict) -> None:
    cleaning = facts["cleaning"]
    taken = {rule["rule"]: rule["lines"] for rule in notebook.ledger["rules"]}
    left = cleaning["raw_lines"]
    for rule, after in (
        ("missing_customer", "with_customer_id"),
        ("duplicate", "after_exact_duplicates_dropped"),
        ("cancellation", "after_cancellations_dropped"),
        ("price_not_positive", "after_price_not_above_zero_dropped"),
    ):
        left -= taken[rule]
        assert left == cleaning[after]
    assert notebook.ledger["lines"]["kept"] == 392_692 == left
    assert notebook.ledger["money"]["kept"] == "8887208.894"
    assert notebook.segments["population"]["customers"] == cleaning["customers"] == 4338
    assert notebook.segments["population"]["orders"] == cleaning["invoices"]


def test_the_notebooks_silhouettes_and_k(notebook: ct.Run, facts: dict) -> None:
    found = {str(c["n_clusters"]): c["silhouette"] for c in notebook.sweep["candidates"]}
    assert found.keys() == facts["clustering"]["silhouette"].keys()
    for k, silhouette in facts["clustering"]["silhouette"].items():
        assert found[k] == pytest.approx(silhouette, abs=1e-12), k
    assert notebook.sweep["n_clusters"] == facts["clustering"]["chosen_k"]
    assert notebook.sweep["chosen_by"] == "silhouette"


def test_the_notebooks_customers(notebook: ct.Run, facts: dict) -> None:
    text = notebook.file("customers.csv").read_text().splitlines()
    assert text[0] == "customer_id,total_orders,total_quantity,total_spend,avg_order_value,active_days,cluster"
    assert len(text) == 4339
    for row, expected in zip(text[1:6], facts["first_customers"], strict=True):
        found = dict(zip(text[0].split(","), row.split(","), strict=True))
        assert int(found["customer_id"]) == expected["customer_id"]
        for name in ("total_orders", "total_quantity", "active_days", "cluster"):
            assert int(found[name]) == expected[name]
        for name in ("total_spend", "avg_order_value"):
            assert float(found[name]) == pytest.approx(expected[name], abs=1e-6)


def test_the_notebooks_summary_is_the_mean_of_every_feature_by_cluster(notebook: ct.Run) -> None:
    frame = notebook.customers("pandas")
    for segment in notebook.segments["segments"]:
        members = frame[frame["cluster"] == segment["cluster"]]
        for name in ("total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days"):
            assert segment["features"][name]["mean"] == pytest.approx(members[name].mean(), rel=1e-12)
    assert [s["customers"] for s in notebook.segments["segments"]] == [4335, 3]


def test_the_notebooks_lines_are_written_under_its_names(notebook: ct.Run) -> None:
    lines = pyarrow.csv.read_csv(notebook.file("lines.csv"))
    assert lines.column_names == [
        "invoice_no",
        "product_id",
        "Description",
        "quantity",
        "invoice_date",
        "price",
        "customer_id",
        "Country",
        "transaction_value",
    ]
    assert lines.num_rows == 392_692
    assert pc.sum(lines["quantity"]).as_py() == 5_152_002


def test_the_default_recipe_finds_substantial_segments(default: ct.Run) -> None:
    segments = default.segments["segments"]
    assert 3 <= len(segments) <= 6
    assert min(segment["share"] for segment in segments) >= 0.05
    assert default.sweep["chosen_by"] == "gates"
    assert len({segment["name"] for segment in segments}) == len(segments)
    assert default.segments["population"]["customers"] == 4327


def test_cancelled_orders_are_netted_to_next_to_nothing(default: ct.Run) -> None:
    customers = {row["customer_id"]: row for row in default.customers("arrow").to_pylist()}
    assert customers["12346"]["total_spend"] == 0
    assert customers["12346"]["segment"] == "Fully returned"
    assert customers["12346"]["cluster"] is None
    assert customers["16446"]["total_spend"] == pytest.approx(2.90)
    assert len(customers) == 4338
    assert all(row["segment"] for row in customers.values())


def test_every_line_has_one_fate(default: ct.Run) -> None:
    lines = default.ledger["lines"]
    assert lines["read"] == 541_909 == sum(lines[fate] for fate in ("kept", "merged", "netted", "quarantined"))
    quarantine = pyarrow.parquet.read_table(default.file("quarantine.parquet"))
    assert quarantine.num_rows == lines["quarantined"]
    assert quarantine.column_names == [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
        "reason",
        "source_file",
        "source_line",
        "source_text",
    ]
    assert set(quarantine["reason"].to_pylist()) == {"missing_customer", "unmatched_return", "price_not_positive"}


def test_the_saved_model_gives_every_customer_the_same_segment(default: ct.Run) -> None:
    frame = default.customers("pandas")
    found = default.model.assign({name: frame[name].to_numpy(dtype=float) for name in default.model.features})
    clustered = frame["cluster"].notna().to_numpy()
    np.testing.assert_array_equal(found.cluster[clustered], frame["cluster"][clustered])
    assert (found.cluster[~clustered] == -1).all()


def test_the_same_input_gives_the_same_bytes(online_retail: Path, default: ct.Run, tmp_path: Path) -> None:
    again = ct.run(online_retail, out=tmp_path)
    for name in (
        "customers.parquet",
        "customers.csv",
        "sweep.json",
        "segments.json",
        "model.json",
        "ledger.json",
        "orders.parquet",
        "quarantine.parquet",
    ):
        assert again.manifest["outputs"][name] == default.manifest["outputs"][name], name


def test_the_orders_behind_the_customers_add_up(default: ct.Run) -> None:
    orders = pyarrow.parquet.read_table(default.file("orders.parquet")).to_pandas()
    customers = default.customers().set_index("customer_id")
    by = orders.groupby("customer_id")
    kept = customers[customers.total_orders > 0]
    assert (by.size().reindex(kept.index) == kept.total_orders).all()
    assert by["value"].sum().reindex(kept.index).to_numpy() == pytest.approx(kept.total_spend.to_numpy(), rel=1e-9)
    assert orders["lines"].sum() == default.ledger["lines"]["kept"]
