"""The API's resources: what they answer is what was published, of one run at a time, whatever happens beside them."""

from __future__ import annotations

import functools
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import coterie as ct
from coterie.errors import CoterieError
from coterie.web.library import Library
from web_server import ODD, RETURNED, Served, publish, rows_of, serving, until

Row = dict[str, Any]
DOCUMENTS = ("segments", "sweep", "ledger")


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the first two runs; no test changes them."""
    with serving(publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001", "000002")) as served:
        yield served


@pytest.fixture
def fresh(made_runs: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve the first run, of a folder of one's own."""
    with serving(publish(made_runs, tmp_path / "runs", "000001")) as served:
        yield served


def walk(shop: Served, address: str) -> Iterator[dict[str, Any]]:
    """Go through the pages of a list by ``next``."""
    following: str | None = address
    while following:
        answer = shop.get(following)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        following = answer.json()["next"]


def test_pages_before_one_another_are_the_same_pages(shop: Served):
    pages = list(walk(shop, "/v1/customers?limit=30&sort=recency_days"))
    told = pages[-1]
    assert told["back"]
    for earlier in pages[-2::-1]:
        told = shop.get(told["previous"]).json()
        assert [told[key] for key in ("customers", "total", "after", "back")] == [
            earlier[key] for key in ("customers", "total", "after", "back")
        ]
    assert (told["back"], told["previous"]) == (None, None)
    both = shop.get("/v1/customers", params={"sort": "recency_days", "after": pages[0]["after"], "back": pages[-1]["back"]})
    assert (both.status_code, both.json()["error"]) == (404, "no_page")


def ids(pages: Iterator[dict[str, Any]]) -> list[str]:
    return [row["customer_id"] for page in pages for row in page["customers"]]


# Documents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_the_published_file(shop: Served, name: str):
    for run in ("000001", "000002"):
        published = (shop.runs / run / f"{name}.json").read_bytes()
        for address in (f"/v1/runs/{run}/{name}", f"/v1/{name}?run={run}"):
            answer = shop.get(address)
            assert (answer.content, answer.headers["coterie-run"]) == (published, run)
    assert shop.get(f"/v1/{name}").content == published


def test_a_run_is_its_manifest_and_what_was_chosen(shop: Served):
    answer = shop.get("/v1/runs/000001").json()
    manifest = json.loads((shop.runs / "000001" / "manifest.json").read_text())
    sweep = json.loads((shop.runs / "000001" / "sweep.json").read_text())
    links = answer.pop("links")
    assert answer == {**manifest, **{key: sweep[key] for key in ("n_clusters", "verdict", "why")}}
    assert all(shop.get(link).status_code == 200 for link in links.values())


def test_runs_are_listed_newest_first_and_by_pages(shop: Served):
    everything = shop.get("/v1/runs").json()
    assert (everything["latest"], everything["more"]) == ("000002", False)
    assert [one["run"] for one in everything["runs"]] == ["000002", "000001"]
    manifest = ct.open_run(shop.runs / "000002").manifest
    first = everything["runs"][0]
    assert (first["as_of"], first["created"], first["recipe"]) == (manifest["as_of"], "2011-12-10T00:00:00Z", "default")
    page = shop.get("/v1/runs?limit=1").json()
    assert ([one["run"] for one in page["runs"]], page["more"]) == (["000002"], True)
    assert [one["run"] for one in shop.get("/v1/runs?limit=1&before=000002").json()["runs"]] == ["000001"]


def test_a_run_that_cannot_be_read_is_listed_as_such(fresh: Served, made_runs: Path):
    publish(made_runs, fresh.runs, "000002")
    (fresh.runs / "000002" / "manifest.json").write_text('{"schema": 2}')
    found = fresh.get("/v1/runs").json()
    assert [(one["run"], one["problem"]) for one in found["runs"]] == [("000002", "newer_schema"), ("000001", None)]
    assert found["latest"] == "000001"


@pytest.mark.parametrize(
    "address", ["/v1/runs/000009", "/v1/segments?run=000009", "/v1/customers?run=1", "/v1/customers/x?run=../000001"]
)
def test_no_such_run(shop: Served, address: str):
    answer = shop.get(address)
    assert (answer.status_code, answer.json()["error"]) == (404, "no_run")
    assert answer.json()["found"] == "2 runs, the latest 000002."


# Customers


def test_a_list_has_every_column_of_every_customer(shop: Served):
    for run in ("000001", "000002"):
        page = shop.get(f"/v1/customers?run={run}&limit=1000").json()
        published = rows_of(shop.runs / run)
        assert (page["run"], page["total"], page["next"]) == (run, len(published), None)
        assert sorted(page["customers"], key=lambda row: row["customer_id"]) == published
        spent = [row["total_spend"] for row in page["customers"]]
        assert spent == sorted(spent, reverse=True)


COLUMNS = (
    "customer_id", "total_spend", "total_orders", "first_order_date", "segment", "at_risk", "country", "p_alive", "return_rate",
)  # fmt: skip


@pytest.mark.parametrize(("column", "way"), list(itertools.product(COLUMNS, ("", "-"))))
def test_pages_visit_every_customer_once_in_order(shop: Served, column: str, way: str):
    rows = rows_of(shop.runs / "000001")
    known = [row for row in rows if row[column] is not None]
    known.sort(key=lambda row: row[column], reverse=way == "-")
    unknown = [row for row in rows if row[column] is None]
    # Customers that are alike in this come by id, whichever way.
    groups = [list(group) for _, group in itertools.groupby([*known, *unknown], key=lambda row: row[column])]
    expected = [one for group in groups for one in sorted(row["customer_id"] for row in group)]
    assert ids(walk(shop, f"/v1/customers?run=000001&limit=37&sort={way}{column}")) == expected


def some(*names: str, values: tuple[Any, ...]) -> Callable[[Row], bool]:
    return lambda row: any(row[name] in values for name in names)


EVERYBODY = "min_quantity=&q=&sort=&limit=&country="
"""As a form sends what was left empty."""
FILTERS: dict[str, Callable[[Row], bool]] = {
    "segment=s1": some("segment_id", values=("s1",)),
    "segment=returned": some("segment_id", values=("returned",)),
    "segment=s1&segment=One-time%20small": lambda row: row["segment_id"] == "s1" or row["segment"] == "One-time small",
    "country=United%20Kingdom": some("country", values=("United Kingdom",)),
    "country=France&country=Germany": some("country", values=("France", "Germany")),
    "rfm_group=Champions": some("rfm_group", values=("Champions",)),
    "nearest=Loyal": some("nearest", values=("Loyal",)),
    "at_risk=true": lambda row: row["at_risk"] is True,
    "at_risk=false": lambda row: row["at_risk"] is False,
    "min_spend=500": lambda row: row["total_spend"] >= 500,
    "max_spend=500.5&min_orders=2": lambda row: row["total_spend"] <= 500.5 and row["total_orders"] >= 2,
    "min_recency=30&max_recency=90": lambda row: row["recency_days"] is not None and 30 <= row["recency_days"] <= 90,
    "max_confidence=0.5": lambda row: row["confidence"] is not None and row["confidence"] <= 0.5,
    "min_order_value=1e3": lambda row: (row["avg_order_value"] or 0) >= 1000,
    "min_avg_basket_lines=20": lambda row: (row["avg_basket_lines"] or 0) >= 20,
    EVERYBODY: lambda row: True,
    "q=loyal%20kingdom": lambda row: all(word in told(row) for word in ("loyal", "kingdom")),
    "q=A%2FB": lambda row: "a/b" in told(row),
    "q=100%25": lambda row: "100%" in told(row),
    "q=_": lambda row: "_" in told(row),
    "q=%E6%97%A5%E6%9C%AC": lambda row: "日本" in told(row),
    "segment=s2&min_spend=100&q=united": lambda row: (
        row["segment_id"] == "s2" and row["total_spend"] >= 100 and "united" in told(row)
    ),
}  # fmt: skip


def told(row: Row) -> str:
    return "\0".join(str(row[name] or "").lower() for name in ("customer_id", "segment", "country", "rfm_group", "reason"))


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_leaves_whom_it_says(shop: Served, query: str):
    expected = sorted(row["customer_id"] for row in rows_of(shop.runs / "000001") if FILTERS[query](row))
    pages = list(walk(shop, f"/v1/customers?run=000001&limit=40&{query}"))
    assert sorted(ids(iter(pages))) == expected
    assert {page["total"] for page in pages} == {len(expected)}


def test_every_filter_that_is_tried_leaves_somebody_and_not_everybody(shop: Served):
    """Else the test above could pass by leaving nobody."""
    rows = rows_of(shop.runs / "000001")
    left = {query: sum(1 for row in rows if keeps(row)) for query, keeps in FILTERS.items()}
    nobody = {query for query, count in left.items() if count == 0}
    assert nobody == {"q=_"}
    assert {query for query, count in left.items() if count == len(rows)} == {EVERYBODY}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("min_spend=lots", "bad_filter"),
        ("min_spend=nan", "bad_filter"),
        ("max_spend=1e999", "bad_filter"),
        ("at_risk=maybe", "bad_filter"),
        ("limit=0", "bad_filter"),
        ("limit=1001", "bad_filter"),
        ("limit=%C2%B2", "bad_filter"),
        ("sort=nothing", "no_column"),
        ("sort=total_spend;DROP", "no_column"),
        ("min_segment=3", "no_column"),
        ("min_first_order_date=3", "no_column"),
        ("min_shoe_size=3", "bad_filter"),
        ("colour=red", "bad_filter"),
        ("min_spend=1e16", "bad_filter"),
        ("q=" + "x" * 201, "bad_filter"),
        ("q=" + "x+" * 9, "bad_filter"),
        ("after=x", "no_page"),
        ("after=W10", "no_page"),
        ("after=" + "W" * 5000, "no_page"),
    ],
)
def test_a_filter_that_is_none_is_refused(shop: Served, query: str, error: str):
    for given in ({}, {"if-none-match": "*"}):
        answer = shop.get(f"/v1/customers?{query}", headers=given)
        # What is right by itself, and not there in this run or list, is not found.
        assert (answer.status_code, answer.json()["error"]) == (404 if error in ("no_column", "no_page") else 422, error)
        assert set(answer.json()) == {"error", "wrong", "found", "fix"}


def mark(*content: Any) -> str:
    import base64

    return base64.urlsafe_b64encode(json.dumps(list(content)).encode()).decode().rstrip("=")


MADE_UP = (
    "Loyal", "2024-13-45", "2024-01-01T00:00:00+02:00", 1e308, 10**400, True, float("inf"), float("nan"), "\ud800", "a\0b", [1], {},
)  # fmt: skip


@pytest.mark.parametrize("value", MADE_UP, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("sort", ["total_spend", "total_orders", "first_order_date", "segment", "at_risk"])
def test_a_mark_that_was_made_up_is_refused_or_harmless(shop: Served, value: Any, sort: str):
    for made_up in (mark("000001", sort, value, "1"), mark("000001", value, "1"), mark("000001", sort, 1, "\ud800")):
        answer = shop.get("/v1/customers", params={"after": made_up, "sort": sort})
        assert answer.status_code in (200, 404), answer.text


def test_a_mark_is_of_its_order(shop: Served):
    after = shop.get("/v1/customers?limit=5&sort=segment").json()["after"]
    answer = shop.get(f"/v1/customers?limit=5&sort=-total_spend&after={after}")
    assert (answer.status_code, answer.json()["error"]) == (404, "no_page")


def test_pages_stay_on_their_run_while_another_is_published(fresh: Served, made_runs: Path):
    pages = walk(fresh, "/v1/customers?limit=40")
    first = next(pages)
    publish(made_runs, fresh.runs, "000002")
    assert fresh.get("/v1/customers?limit=1").json()["run"] == "000002"
    rest = list(pages)
    assert {page["run"] for page in (first, *rest)} == {"000001"}
    assert sorted(ids(iter([first, *rest]))) == [row["customer_id"] for row in rows_of(fresh.runs / "000001")]
    # By the mark alone, too.
    assert fresh.get(f"/v1/customers?limit=40&after={first['after']}").json() == rest[0]


# One customer


def test_a_customer_is_what_the_files_say(shop: Served):
    import pyarrow.parquet

    run = shop.runs / "000001"
    segments = json.loads((run / "segments.json").read_text())
    medians = {one["segment_id"]: one["features"] for one in segments["segments"]}
    orders: dict[str, list[Any]] = {}
    for row in pyarrow.parquet.read_table(run / "orders.parquet").to_pylist():
        row["ordered_at"] = row["ordered_at"].isoformat()
        orders.setdefault(row.pop("customer_id"), []).insert(0, row)
    for row in rows_of(run):
        one = row["customer_id"]
        found = shop.get(f"/v1/customers/{quote(one, safe='')}?run=000001").json()
        assert (found["customer_id"], found["values"]) == (one, row)
        assert (found["orders"], found["orders_total"]) == (orders.get(one, []), len(orders.get(one, [])))
        assert {key: found[key] for key in ("segment_id", "segment", "reason")}.items() <= row.items()
        for feature in found["features"]:
            name = feature["feature"]
            assert feature["value"] == row[name]
            assert feature["population"] == segments["population"]["features"][name]["median"]
            assert feature["median"] == medians.get(row["segment_id"], {}).get(name, {}).get("median")
        if row["cluster"] is None:
            assert (found["distances"], found["distance"], found["change"]) == ({}, None, None)
        else:
            assert found["distance"] == pytest.approx(row["distance"], abs=1e-12)
            assert min(found["distances"], key=found["distances"].get) == row["segment_id"]
            assert sum(part["contribution"] for part in found["features"]) > 0


@pytest.mark.parametrize("one", [*ODD, RETURNED])
def test_odd_ids_are_ids(shop: Served, one: str):
    plain = quote(one, safe="/")
    for given in (quote(one, safe=""), plain):
        status, body = shop.target(f"/v1/customers/{given}?run=000001")
        assert (status, json.loads(body)["customer_id"]) == (200, one)


@pytest.mark.parametrize("one", ["", "nobody", "A/B", "123", "1%00", "%ff%fe", "%ed%a0%80", "x" * 1000])
def test_no_such_customer(shop: Served, one: str):
    status, body = shop.target(f"/v1/customers/{one}")
    said = json.loads(body)
    assert (status, said["error"]) == (404, "unknown_customer")
    assert shop.get(f"/v1/customers/{one}", headers={"if-none-match": "*"}).status_code == 404


# Caching and compression

KEPT = "private, max-age=31536000, immutable"
ADDRESSES = ("/v1/segments", "/v1/sweep", "/v1/ledger", "/v1/customers", "/v1/customers/a%2Fb")


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_one_has_is_not_sent_again(shop: Served, address: str):
    for pin, kept in (("", "private, no-cache"), ("?run=000002", KEPT)):
        answer = shop.get(address + pin)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, kept)
        tag = answer.headers["etag"]
        for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            again = shop.get(address + pin, headers={"if-none-match": given})
            assert (again.status_code, again.content) == (304, b"")
            assert (again.headers["etag"], again.headers["cache-control"]) == (tag, kept)
        assert shop.get(address + pin, headers={"if-none-match": '"other"'}).status_code == 200
    assert shop.get(f"{address}?run=000001").headers["etag"] != tag


def test_tags_of_lists_tell_them_apart(shop: Served):
    lists = ("", "?limit=3", "?sort=segment", "?segment=s1", "?segment=s2", "?min_spend=1", "?max_spend=1")
    tags = [shop.get(f"/v1/customers{one}").headers["etag"] for one in lists]
    assert len(set(tags)) == len(lists)


@pytest.mark.parametrize("address", [*ADDRESSES, "/v1/runs/000001", "/openapi.json"])
def test_answers_are_gzipped_for_whoever_can_read_that(shop: Served, address: str):
    plain = shop.get(address, headers={"accept-encoding": "identity"})
    small = shop.get(address, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert plain.content == small.content
    assert int(small.headers["content-length"]) < len(plain.content) / 1.5
    for answer in (plain, small):
        assert "accept-encoding" in answer.headers["vary"].lower()


def test_a_refusal_is_kept_by_nobody(shop: Served):
    for address in ("/v1/segments?run=000009", "/v1/customers?limit=0", "/nowhere"):
        answer = shop.get(address)
        assert (answer.status_code >= 400, answer.headers["cache-control"]) == (True, "no-store")


# Health


def test_healthz_ready_and_metrics(shop: Served):
    assert shop.get("/healthz").json() == {"status": "ok"}
    assert shop.get("/ready").json() == {"ready": True, "run": "000002", "degraded": False, "why": None}
    shop.get("/v1/customers/" + quote(ODD[0], safe=""))
    shop.get("/v1/customers/nobody")
    text = shop.get("/metrics").text
    assert "coterie_run 2.0" in text
    assert "coterie_degraded 0.0" in text
    counted = 'coterie_requests_total{method="GET",route="/v1/customers/{customer_id:path}",status="%d"}'
    assert counted % 200 in text
    assert counted % 404 in text
    assert "coterie_request_seconds_bucket" in text
    assert "nobody" not in text
    assert "a/b" not in text


def test_without_a_run_there_is_nothing_to_show_until_one_is_published(made_runs: Path, tmp_path: Path):
    with serving(tmp_path / "runs") as shop:
        ready = shop.get("/ready")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert shop.get("/healthz").status_code == 200
        answer = shop.get("/v1/segments")
        assert (answer.status_code, answer.json()["error"]) == (404, "no_run_yet")
        assert shop.get("/v1/runs").json() == {"schema": 1, "latest": None, "runs": [], "more": False}
        publish(made_runs, shop.runs, "000001")
        assert shop.get("/v1/segments").headers["coterie-run"] == "000001"
        assert shop.get("/ready").json() == {"ready": True, "run": "000001", "degraded": False, "why": None}


# Runs come and go


def test_a_run_published_for_real_is_the_answer_to_the_next_request(fresh: Served):
    assert fresh.get("/v1/segments").headers["coterie-run"] == "000001"
    ct.rename(fresh.runs, "s1", "Club", reason="Ours.", by="Ada")
    answer = fresh.get("/v1/segments")
    assert (answer.headers["coterie-run"], answer.json()["segments"][0]["name"]) == ("000002", "Club")
    assert fresh.get("/v1/segments?run=000001").json()["segments"][0]["name"] != "Club"
    club, first = (fresh.get(f"/v1/customers?{query}").json()["total"] for query in ("segment=Club", "run=000001&segment=s1"))
    assert club == first > 0


def test_no_answer_mixes_two_runs(fresh: Served, made_runs: Path):
    expected = {run: len(rows_of(made_runs / run)) for run in ("000001", "000002")}
    names = {run: {row["segment"] for row in rows_of(made_runs / run)} for run in expected}
    assert expected["000001"] != expected["000002"]
    over, seen, wrong = threading.Event(), [], []

    def ask() -> None:
        while not over.is_set():
            page = fresh.get("/v1/customers?limit=1000").json()
            seen.append(page["run"])
            whole = len(page["customers"]) == page["total"] == expected[page["run"]]
            if not whole or {row["segment"] for row in page["customers"]} != names[page["run"]]:
                wrong.append(page["run"])

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for one in askers:
        one.start()
    try:
        until(lambda: len(seen) > 20)
        publish(made_runs, fresh.runs, "000002")
        until(lambda: seen.count("000002") > 20)
    finally:
        over.set()
        for one in askers:
            one.join()
    assert not wrong
    assert set(seen) == {"000001", "000002"}
    assert fresh.get("/v1/segments").headers["coterie-run"] == "000002"


def change(file: Path) -> None:
    """Change one byte of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["model.json", "segments.json", "customers.parquet", "manifest.json"])
def test_a_file_that_changes_under_a_running_server_changes_no_answer(fresh: Served, name: str):
    asked = ("/v1/segments", "/v1/customers?limit=9", "/v1/customers/a%2Fb")
    before = [fresh.get(address).content for address in asked]
    row = rows_of(fresh.runs / "000001")[0]
    model = ct.open_run(fresh.runs).model
    figures = {"features": {name: row[name] for name in model.features}}
    scored = fresh.score({"customers": figures}).content
    whole = (fresh.runs / "000001" / name).read_bytes()
    change(fresh.runs / "000001" / name)
    ready = fresh.get("/ready")
    assert (ready.status_code, ready.json()["run"], ready.json()["degraded"]) == (200, "000001", True)
    assert ready.json()["why"].startswith("run 000001 is not whole")
    assert "coterie_degraded 1.0" in fresh.get("/metrics").text
    assert [fresh.get(address).content for address in asked] == before
    assert fresh.score({"customers": figures}).content == scored
    (fresh.runs / "000001" / name).write_bytes(whole)
    assert fresh.get("/ready").json() == {"ready": True, "run": "000001", "degraded": False, "why": None}


@pytest.mark.parametrize("name", ["model.json", "segments.json", "customers.parquet"])
def test_a_new_run_that_is_not_whole_is_passed_over(fresh: Served, made_runs: Path, tmp_path: Path, name: str):
    assert fresh.get("/ready").json()["run"] == "000001"
    shutil.copytree(made_runs / "000002", tmp_path / "made" / "000002")
    change(tmp_path / "made" / "000002" / name)
    publish(tmp_path / "made", fresh.runs, "000002")
    assert fresh.get("/v1/segments").headers["coterie-run"] == "000001"
    said = fresh.get("/ready").json()
    assert (said["run"], said["degraded"], said["why"]) == ("000001", True, "run 000002 is not whole (tampered)")
    answer = fresh.get("/v1/customers?run=000002")
    assert (answer.status_code, answer.json()["error"]) == (503, "tampered")
    shutil.copyfile(made_runs / "000002" / name, fresh.runs / "000002" / name)
    assert fresh.get("/ready").json() == {"ready": True, "run": "000002", "degraded": False, "why": None}
    assert fresh.get("/v1/segments").headers["coterie-run"] == "000002"


def test_a_pointer_that_is_gone_or_wrong_is_said_and_the_newest_run_serves(fresh: Served, made_runs: Path):
    publish(made_runs, fresh.runs, "000002")
    assert fresh.get("/ready").json()["degraded"] is False
    (fresh.runs / "latest").unlink()
    said = fresh.get("/ready").json()
    assert (said["ready"], said["run"], said["degraded"]) == (True, "000002", True)
    assert "latest" in said["why"]
    assert fresh.get("/v1/segments").headers["coterie-run"] == "000002"
    (fresh.runs / "latest").write_text("000009\n")
    assert fresh.get("/ready").json()["why"] == said["why"]
    (fresh.runs / "latest").write_text("000002\n")
    assert fresh.get("/ready").json()["degraded"] is False


def test_a_folder_that_is_gone_leaves_the_last_run_serving(fresh: Served):
    before = fresh.get("/v1/segments").content
    fresh.runs.rename(fresh.runs.with_name("elsewhere"))
    assert fresh.get("/v1/segments").content == before
    said = fresh.get("/ready").json()
    assert (said["run"], said["degraded"]) == ("000001", True)
    fresh.runs.with_name("elsewhere").rename(fresh.runs)
    assert fresh.get("/ready").json()["degraded"] is False


def test_two_threads_of_a_library_see_whole_runs_while_others_are_published(made_runs: Path, tmp_path: Path):
    runs = publish(made_runs, tmp_path / "runs", "000001")
    library, over = Library(runs), threading.Event()
    totals = {run: len(rows_of(made_runs / run)) for run in ("000001", "000002", "000003")}
    seen: dict[int, list[str]] = {0: [], 1: []}
    wrong: list[Any] = []

    def read(place: int) -> None:
        numbers = itertools.cycle((None, "000001"))
        while not over.is_set():
            number = next(numbers)
            try:
                found = library.get(number)
                total = found.tables.rows("SELECT count(*) AS n FROM customers")[0]["n"]
                names = {one["name"] for one in found.segments}
                whole = total == totals[found.number] and names == {one["name"] for one in found.model.segments}
                if not whole or found.number != (number or found.number):
                    wrong.append(found.number)
                seen[place] += [found.number] if number is None else []
            except CoterieError as error:
                wrong.append(error)

    readers = [threading.Thread(target=read, args=(place,)) for place in seen]
    for one in readers:
        one.start()
    try:
        for number in ("000002", "000003"):
            publish(made_runs, runs, number)
            until(functools.partial(lambda wanted: all(wanted in one for one in seen.values()), number))
    finally:
        over.set()
        for one in readers:
            one.join()
    assert not wrong
    for one in seen.values():
        # From one run to the next, and never back.
        assert one == sorted(one)
    library.close()


@pytest.mark.parametrize(
    "address",
    ["/v1/runs?k=1", "/v1/runs/000001?run=000001", "/v1/segments?segment=s1", "/v1/customers/1?=", "/metrics?x", "/v1/jobs/1?a=b"],
)
def test_a_parameter_that_there_is_not_is_refused(shop: Served, address: str):
    answer = shop.get(address)
    assert (answer.status_code, answer.json()["error"]) == (422, "no_parameter")
    assert "leave it out" in answer.json()["fix"]
