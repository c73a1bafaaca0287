"""What if: type a customer's figures, and see where they would belong, why, and how sure that is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from coterie.errors import InputError, RunError
from coterie.model import MODEL
from coterie.report.pictures import label, unit_of
from coterie.web.customer import customer, placed
from coterie.web.figures import Figures, derived, read, typed
from coterie.web.pages.customer import RAW
from coterie.web.pages.place import named, told
from coterie.web.pages.visit import Data, Visit, published

router = APIRouter()
OURS = ("id", "run")
"""Parameters of the page's own; a feature of that name has an underscore behind it."""


@published(router, "/what-if", "what_if.html")
def page(visit: Visit) -> Data:
    """Return a form of the model's features, and where its figures belong if they can be read."""
    blank: Data = {"refused": None, "cannot": None, "problems": [], "fields": [], "origin": None, "asked": visit.first("id")}
    if visit.snapshot.model.kind != MODEL:
        return {**blank, "cannot": str(visit.snapshot.model.document.get("algorithm")), "found": None}
    origin, refusal = _origin(visit)
    given = {name: value for name in visit.snapshot.model.features for key, value in visit.asked if key == _parameter(name)}
    texts = given if given and not origin else {**_start(visit, origin), **given}
    figures = read(visit.snapshot, texts)
    wrong = [(name, figures.problems[name]) for name in visit.snapshot.model.features if name in figures.problems]
    problems = [{"field": _parameter(name), "anchor": f"figure-{name}", "text": text} for name, text in wrong]
    if refusal:
        problems = [{"field": "id", "anchor": "id", "text": refusal.wrong}, *problems]
    elif problems:
        told_of = f"{len(problems)} of {len(visit.snapshot.model.features)} figures."
        refusal = InputError(problems[0]["text"], found=told_of, fix="correct them, and ask again.", code="figures")
    fields = [_field(visit, entry, texts, figures) for entry in visit.snapshot.model.document["features"]]
    page = {**blank, "fields": fields, "problems": problems, "refused": refusal.as_dict() if refusal else None}
    page["origin"] = _named_origin(visit, origin) if origin else None
    if figures.problems or refusal:
        return {**page, "found": None}
    return {**page, **_found(visit, figures, origin), "typed": bool(given)}


def _found(visit: Visit, figures: Figures, origin: Data | None) -> Data:
    values = {name: figures.values[name] for name in visit.snapshot.model.features}
    found = placed(visit.snapshot, values)
    moved = origin is not None and origin["segment_id"] != found["segment_id"]
    raw = {"segment_id": found["segment_id"], "segment": found["segment"], **{key: found[key] for key in RAW}}
    return {"found": {"figures": values, **raw}, "moved": moved, **told(visit, found)}


def _origin(visit: Visit) -> tuple[Data | None, RunError | InputError | None]:
    """Return the customer to start from, or why there is none."""
    asked = visit.first("id")
    if not asked.strip():
        return None, None
    try:
        found = customer(visit.snapshot, asked)
    except RunError as refusal:
        if refusal.code != "unknown_customer":
            raise
        return None, refusal
    if any(found["values"][name] is None for name in visit.snapshot.model.features):
        wrong, kept = "There is nothing to start from.", "a customer who took everything back."
        return None, InputError(wrong, found=kept, fix="start from another customer.", code="nothing_kept")
    return found, None


def _named_origin(visit: Visit, origin: Data) -> Data:
    one, segment = origin["customer_id"], named(visit, origin["segment_id"], origin["segment"])
    return {"customer_id": one, "segment": segment, "address": visit.at("/customer", id=one)}


def _parameter(feature: str) -> str:
    return f"{feature}_" if feature in OURS else feature


def _start(visit: Visit, origin: Data | None) -> dict[str, str]:
    """Return the figures to start with: a customer's, or everybody's median; what follows from others is left to follow."""
    everybody = visit.snapshot.run.segments["population"]["features"]
    follows, texts = derived(visit.snapshot), {}
    for entry in visit.snapshot.model.document["features"]:
        name = entry["feature"]
        value = origin["values"][name] if origin else everybody.get(name, {}).get("median")
        texts[name] = "" if name in follows or value is None else typed(float(value), entry["registered"])
    return texts


def _field(visit: Visit, entry: dict[str, Any], texts: dict[str, str], figures: Figures) -> Data:
    name, unit, words = entry["feature"], entry.get("unit", ""), visit.words
    about = visit.snapshot.run.segments["units"].get(name, {})
    follows = figures.follows.get(name)
    doubt = ""
    if name in figures.doubts:
        doubt = f"By {figures.doubts[name]} it would be {words.measure(follows, unit)}. What was typed here counts."
    return {
        "feature": name,
        "parameter": _parameter(name),
        "anchor": f"figure-{name}",
        "label": label(name),
        "unit": unit_of(name, unit),
        "meaning": about.get("meaning", ""),
        "low": words.measure(entry["low"], unit),
        "high": words.measure(entry["high"], unit),
        "text": texts.get(name, ""),
        "may_follow": name in derived(visit.snapshot),
        "follows": None if follows is None else words.measure(follows, unit),
        "doubt": doubt,
        "problem": figures.problems.get(name, ""),
    }
