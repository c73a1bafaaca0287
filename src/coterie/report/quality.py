"""What came in, what was set aside and why, and how the rest was treated: the ledger and the method in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coterie.report.format import Format

FATES = {"kept": "Kept", "merged": "Merged", "netted": "Netted", "quarantined": "Set aside"}
MEANING = {
    "kept": "counted for a customer",
    "merged": "the same line a second time",
    "netted": "a return, or the sale that it cancels",
    "quarantined": "not used, and listed in quarantine.parquet with the reason",
}


def quality(run: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return the ledger: every line read, by what became of it, with its money; and each rule with its fix."""
    ledger, manifest = run["ledger"], run["manifest"]
    lines, money = ledger["lines"], ledger["money"]
    read = max(1, lines["read"])
    rules = sorted(ledger["rules"], key=lambda rule: -rule["lines"])
    largest = next((rule for rule in rules if rule["outcome"] == "quarantined" and rule["lines"]), None)
    title = f"{words.count(lines['kept'])} of {words.count(lines['read'])} lines count"
    return {
        "title": f"{title}. Most others: {_inside(largest['meaning'])}" if largest else title,
        "fates": [
            {
                "key": key,
                "name": name,
                "meaning": MEANING[key],
                "lines": words.count(lines[key]),
                "share": words.share(lines[key] / read),
                "money": words.amount(float(money[key])),
                "percent": round(100 * lines[key] / read, 3),
            }
            for key, name in FATES.items()
        ],
        "read": {"lines": words.count(lines["read"]), "money": words.amount(float(money["read"]))},
        "balanced": sum(lines[key] for key in FATES) == lines["read"]
        and sum(Decimal(money[key]) for key in FATES) == Decimal(money["read"]),
        "without_value": words.count(ledger["without_value"]) if ledger.get("without_value") else "",
        "rules": [
            {
                "name": rule["rule"],
                "outcome": FATES.get(rule["outcome"], rule["outcome"]),
                "lines": words.count(rule["lines"]),
                "share": words.share(rule["lines"] / read),
                "money": words.amount(float(rule["money"])),
                "meaning": rule["meaning"],
                "fix": rule["fix"],
                "samples": [
                    {key: "" if value is None else str(value) for key, value in sample.items()}
                    for sample in rule.get("samples") or []
                ],
            }
            for rule in rules
            if rule["lines"]
        ],
        "fully_returned": words.count(ledger["fully_returned"]) if ledger.get("fully_returned") else "",
        "mapping": [one | {"confidence": words.share(one["confidence"])} for one in manifest.get("mapping") or []],
        "warnings": list(manifest.get("warnings") or []),
        "notes": list(manifest.get("notes") or []),
        "level": manifest.get("level", "line"),
    }


def _inside(sentence: str) -> str:
    """Return a sentence as part of another."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def method(run: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return how the answer was made: recipe, features, transform, versions, inputs."""
    manifest, sweep, units = run["manifest"], run["sweep"], run["segments"]["units"]
    recipe, functions = (
        manifest["recipe"],
        {one["feature"]: one["function"] for one in run["model"]["transform"]["columns"]},
    )
    clustering = recipe["clustering"]
    return {
        "recipe": recipe["name"],
        "meaning": recipe.get("meaning", ""),
        "as_of": words.day(manifest["as_of"]),
        "algorithm": sweep["algorithm"],
        "transform": sweep["transform"],
        "tried": f"{clustering['k_min']} to {clustering['k_max']}",
        "starts": words.count(clustering["n_init"]),
        "seed": str(clustering["random_state"]),
        "features": [
            {
                "name": name,
                "unit": one.get("unit", ""),
                "meaning": one.get("meaning", ""),
                "function": functions.get(name, ""),
            }
            for name, one in sorted(units.items(), key=lambda pair: pair[0] not in functions)
        ],
        "not_available": manifest.get("features", {}).get("not_available") or [],
        "left_out": manifest.get("features", {}).get("left_out") or [],
        "inputs": [
            {
                "name": one["name"],
                "records": words.count(one["records"]) if one.get("records") is not None else "",
                "sha256": one["sha256"],
            }
            for one in manifest["inputs"]
        ],
        "versions": [{"name": name, "version": version} for name, version in manifest["versions"].items()],
        "created": words.moment(manifest.get("created")) if manifest.get("created") else "",
    }
