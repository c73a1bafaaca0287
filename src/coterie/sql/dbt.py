"""The steps as models of a dbt project: a file a stage, with what they refer to, their tests and their descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from coterie.sql.compiled import Answer, Compiled
from coterie.sql.render import table_named
from coterie.sql.steps import Step

MARK = "Written by Coterie; what is changed here is lost when it is written again."
_SOURCE = "coterie_source_table"


@dataclass(frozen=True)
class _Stage:
    """Where a stage's model lies, how dbt keeps it, what it is, and its columns with a description and tests."""

    folder: str
    model: str
    kept: str
    meaning: str
    columns: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


_KEY = ("unique", "not_null")
_STAGES = {
    "lines": _Stage(
        "staging", "stg_coterie__sold_lines", "view", "Every line: typed, numbered, with what is wrong with it by itself."
    ),
    "judged": _Stage(
        "intermediate", "int_coterie__judged_lines", "table", "Every line, and why it does not count; nothing where it does.",
        (("source_row", "The line's number.", _KEY),),
    ),
    "clean": _Stage(
        "intermediate", "int_coterie__clean_lines", "view", "The lines that count, less what was returned of them.",
        (("customer_id", "Who bought it.", ("not_null",)), ("invoice_date", "When it was bought.", ("not_null",))),
    ),
    "returned": _Stage(
        "intermediate", "int_coterie__returned", "view", "What each customer took back.", (("customer_id", "Who.", _KEY),)
    ),
    "day": _Stage(
        "intermediate", "int_coterie__answer_day", "view", "The day the answer is for, in days since 1970.",
        (("as_of_day", "The day after the last readable line.", ("not_null",)),),
    ),
    "ledger": _Stage(
        "marts", "coterie_ledger", "table", "What became of every line and all its money.",
        (("rule", "'read', 'kept', or the reason why a line does not count as it stood.", _KEY),
         ("outcome", "What became of such lines.", ("not_null",)), ("line_count", "How many.", ("not_null",)),
         ("money", "Their money.", ("not_null",))),
    ),
}  # fmt: skip


def project(compiled: Compiled, what: str) -> dict[str, str]:
    """Return the files of a folder of dbt models, by their paths in it.

    Parameters
    ----------
    compiled : Compiled
        What is written.
    what : {"customers", "features", "ledger"}
        The answer that becomes a mart; the ledger always does.
    """
    from sqlglot import exp

    answers = {name: compiled.answer(name, exp.to_table(_SOURCE)) for name in dict.fromkeys((what, "ledger"))}
    source, names = _sources(compiled, {step.name for answer in answers.values() for step in answer.steps})
    stages = dict(_STAGES)
    stages["customers"] = _mart(compiled, answers[what])
    by_stage: dict[str, list[Step]] = {}
    for answer in answers.values():
        for step in answer.steps:
            known = by_stage.setdefault(step.stage, [])
            known += [] if step.name in [other.name for other in known] else [step]
    ends = {steps[-1].name: stages[stage].model for stage, steps in by_stage.items()}
    files, described = {}, []
    for stage, steps in by_stage.items():
        place = stages[stage]
        head = compiled.head(answers[what if stage == "customers" else "ledger"])
        final = answers[what].final if stage == "customers" else ""
        own = {step.name for step in steps}
        others = {name: model for name, model in ends.items() if name not in own}
        files[f"{place.folder}/{place.model}.sql"] = (
            f"-- {MARK}\n{_escaped(head) if place.folder == 'marts' else ''}{{{{ config(materialized='{place.kept}') }}}}\n"
            + _referring(_escaped(_query(steps, final)), others, names)
        )
        described.append(place)
    return {**files, "schema.yml": _schema(described), "sources.yml": source}


def _mart(compiled: Compiled, answer: Answer) -> _Stage:
    """Return the stage of the customers: a column a feature, with its meaning."""
    import sqlglot

    from coterie.features import FEATURES

    published = {compiled.recipe.features.published(feature.name): feature for feature in FEATURES}
    said = {
        "customer_id": "The customer.",
        "cluster": "Number of the segment; none for a customer who took everything back.",
        "segment_id": "Id of the segment, kept across runs.",
        "segment": "Name of the segment.",
        "distance": "Distance to the segment's centre, in scaled units.",
        "margin": "How much farther the next centre is.",
        "out_of_range": "Whether a feature lies outside of what the model was fitted on.",
    } | {name: f"{feature.meaning} Unit: {feature.unit}." for name, feature in published.items()}
    names = [column.alias_or_name for column in sqlglot.parse_one(answer.final, read=compiled.dialect.name).expressions]
    tests: dict[str, tuple[str, ...]] = {"customer_id": _KEY}
    tests |= dict.fromkeys(("segment", "segment_id", "out_of_range"), ("not_null",))
    columns = [(name, said.get(name, ""), tests.get(name, ())) for name in names]
    return _Stage("marts", f"coterie_{answer.name}", "table", answer.meaning, tuple(columns))


def _query(steps: Sequence[Step], final: str) -> str:
    """Return a stage as a query: without a final one, its last step is it."""
    named, last = (steps, final) if final else (steps[:-1], steps[-1].sql)
    parts = ",\n".join(step.shown() for step in named)
    comment = "" if final else "\n".join(f"-- {line}" for line in steps[-1].comment.splitlines()) + "\n"
    return (f"WITH\n{parts}\n" if parts else "") + f"{comment}{last}\n"


def _referring(sql: str, others: dict[str, str], source: tuple[str, str]) -> str:
    """Put references in the place of the table and of the steps of other models."""
    for name, model in others.items():
        sql = re.sub(
            rf"\b(FROM|JOIN) {name}\b( AS \w+)?",
            lambda found, model=model, name=name: f"{found[1]} {{{{ ref('{model}') }}}}{found[2] or f' AS {name}'}",  # type: ignore[misc]
            sql,
        )
    return sql.replace(_SOURCE, f"{{{{ source({json.dumps(source[0])}, {json.dumps(source[1])}) }}}}")


def _escaped(text: str) -> str:
    """Return text that Jinja gives back as it is."""
    return re.sub(r"\{[{%#]", lambda found: f"{{{{ '{found[0]}' }}}}", text)


def _sources(compiled: Compiled, taken: set[str]) -> tuple[str, tuple[str, str]]:
    """Return the file of sources, and the names of the source and its table."""
    table = table_named(compiled.table, compiled.dialect, taken)
    schema, quoted = table.db or "coterie", bool(table.this.args.get("quoted"))
    lines = [f"# {MARK}", "version: 2", "sources:", f"  - name: {json.dumps(schema)}"]
    lines += [f"    database: {json.dumps(table.catalog)}"] if table.catalog else []
    lines += [] if table.db else ['    schema: "{{ target.schema }}"']
    lines += ["    tables:", f"      - name: {json.dumps(table.name)}"]
    lines += ["        quoting:", "          identifier: true"] if quoted else []
    lines += ['        description: "Transaction lines, as they are."']
    return "\n".join(lines) + "\n", (schema, table.name)


def _schema(stages: Sequence[_Stage]) -> str:
    lines = [f"# {MARK}", "version: 2", "models:"]
    for stage in stages:
        lines += [f"  - name: {stage.model}", f"    description: {_text(stage.meaning)}"]
        lines += ["    columns:"] if stage.columns else []
        for name, meaning, tests in stage.columns:
            lines += [f"      - name: {_text(name)}", f"        description: {_text(meaning)}"]
            lines += [f"        data_tests: [{', '.join(tests)}]"] if tests else []
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return json.dumps(_escaped(text), ensure_ascii=False)
