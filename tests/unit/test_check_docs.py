"""The check of the documents catches a document that lies, and lets one pass that does not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_docs.py"


@pytest.fixture(scope="module")
def check_docs():
    spec = importlib.util.spec_from_file_location("check_docs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_docs"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["check_docs"]


@pytest.fixture
def problems(check_docs, tmp_path):
    def of(text: str, data: Path | None = None) -> list[str]:
        document = tmp_path / "page.md"
        document.write_text(text, "utf-8")
        return [str(problem) for problem in check_docs.check(document, data)]

    return of


def console(body: str, tags: str = "") -> str:
    return f"Words.\n\n```console {tags}\n{body}\n```\n"


TRUE = {
    "one command": console("$ echo tea\ntea"),
    "two commands share a folder": console("$ echo tea > cup\n$ cat cup\ntea"),
    "two blocks share a folder": console("$ echo tea > cup") + console("$ cat cup\ntea"),
    "stderr is shown too": console("$ echo tea >&2\ntea"),
    "a command over two lines": console("$ echo tea \\\n>   milk\ntea milk"),
    "a refusal, tagged": console("$ echo no; exit 3\nno", "refused"),
    "elision": console("$ seq 5\n1\n...\n5"),
    "timings differ": console("$ echo done in 0.3 s\ndone in 12.75 s"),
    "the folder itself is not shown": console("$ echo $PWD/cup\ncup"),
    "python": "```python\n>>> 1 + 1\n2\n```\n\nand\n\n```python\n>>> x = 3\n```\n\n```python\n>>> x\n3\n```\n",
    "another language is not run": "```sh\n$ exit 3\n```\n```python\nraise SystemExit\n```\n",
    "a fence within a longer fence": "````text\n```console\n$ exit 3\n```\n````\n",
}


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE.keys())
def test_a_document_that_tells_the_truth_passes(problems, text):
    assert problems(text) == []


FALSE = {
    "other output": (console("$ echo tea\ncoffee"), "page.md:4: `echo tea` prints\ntea"),
    "output left out": (console("$ seq 3\n1\n3"), "page.md:4:"),
    "output that never comes": (console("$ true\ntea"), "where the document shows\ntea"),
    "a number that differs": (console("$ echo 4338 customers\n4339 customers"), "4338"),
    "a failing command": (console("$ echo tea; exit 1\ntea"), "exit code 1"),
    "a refusal that is none": (console("$ echo tea\ntea", "refused"), "exit code 0"),
    "the second command": (console("$ echo tea\ntea\n$ echo milk\ncream"), "page.md:6: `echo milk`"),
    "an unknown tag": (console("$ true", "need-data"), "page.md:3: unknown tag need-data"),
    "no command": (console("tea"), "without a `$ command`"),
    "python": ("One\n\n```python\n>>> 1 + 1\n3\n```\n", "line 4"),
}


@pytest.mark.parametrize(("text", "said"), FALSE.values(), ids=FALSE.keys())
def test_a_document_that_lies_is_caught_at_its_line(problems, text, said):
    found = problems(text)
    assert len(found) == 1
    assert said in found[0]


def test_a_block_that_needs_data_runs_only_where_the_data_is(problems, tmp_path):
    text = console("$ cat online_retail.csv.gz\nlines", "needs-data")
    assert problems(text) == []
    data = tmp_path / "real.csv.gz"
    data.write_text("lines\n")
    assert problems(text, data) == []
    data.write_text("other lines\n")
    assert len(problems(text, data)) == 1


def test_update_writes_true_output_and_nothing_else(check_docs, tmp_path):
    document = tmp_path / "page.md"
    lies = console("$ echo tea \\\n>   milk\ncoffee\n$ seq 2\n1\n2\n$ seq 3") + console("$ seq 5\n1\n...\n4")
    document.write_text(lies, "utf-8")
    assert check_docs.main(["--update", str(document)]) == 1
    assert document.read_text("utf-8") == lies.replace("coffee", "tea milk").replace("$ seq 3", "$ seq 3\n1\n2\n3")
