"""A published run, read: every file is checked against the manifest before it is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from coterie.document import decode_sealed, digest
from coterie.errors import RunError
from coterie.model import SegmentModel, model_file
from coterie.runs.store import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    import altair

SCHEMA = 1


@dataclass(frozen=True)
class Run:
    """A published run.

    Parameters
    ----------
    path : Path
        Its folder.
    manifest : dict
        What ran on what, and the hash of every file.
    caution : str or None
        What a reader should know of how the run was found.
    """

    path: Path
    manifest: dict[str, Any]
    caution: str | None = None

    @property
    def warnings(self) -> list[str]:
        """What a person should look at: the run's own warnings, and how it was found."""
        return [*self.manifest["warnings"], *([self.caution] if self.caution else [])]

    @property
    def number(self) -> str:
        """The run's number, such as ``"000001"``."""
        return str(self.manifest["run"])

    @cached_property
    def sweep(self) -> dict[str, Any]:
        """Every k with its scores, gates and sentence; the choice."""
        return self._json("sweep.json")

    @cached_property
    def segments(self) -> dict[str, Any]:
        """The population and every segment."""
        return self._json("segments.json")

    @cached_property
    def ledger(self) -> dict[str, Any]:
        """Lines and money, by fate and by rule."""
        return self._json("ledger.json")

    @cached_property
    def model(self) -> SegmentModel:
        """The frozen model; refused where the run's algorithm cannot assign new customers."""
        return SegmentModel.load(self.file(model_file(self.path).name))

    def customers(self, kind: Literal["pandas", "polars", "arrow"] = "pandas") -> Any:
        """Return the customer table as a frame, one row a customer, sorted by id.

        Parameters
        ----------
        kind : {"pandas", "polars", "arrow"}
            Which library's frame.

        Raises
        ------
        RunError
            If that library is not installed.
        """
        from importlib.util import find_spec

        import pyarrow.parquet

        if kind != "arrow" and find_spec(kind) is None:
            raise RunError(
                f"A {kind} frame needs {kind}.",
                found=f"no {kind} in this environment.",
                fix=f"pip install {kind}, or ask for customers('arrow').",
                code="not_installed",
            )

        # Not read_table: it imports datasets and, where there is one, pandas.
        table = pyarrow.parquet.ParquetFile(self.file("customers.parquet")).read()
        if kind == "arrow":
            return table
        if kind == "polars":
            import polars

            return polars.from_arrow(table)
        return table.to_pandas()

    def explain(self, ids: str | Iterable[str]) -> list[dict[str, Any]]:
        """Say why customers are in their segments.

        Parameters
        ----------
        ids : str or iterable of str
            Whom.

        Returns
        -------
        list of dict
            One a customer, as asked: ``segment``, ``reason`` (a sentence), ``features`` with each one's value, the segment's
            median and its contribution, ``nearest``, ``distance``, ``margin``, ``confidence``, ``out_of_range`` and ``change``,
            as `SegmentModel.explain` has them.

        Raises
        ------
        RunError
            If a customer is not in the run; it names the closest.
        """
        from coterie.runs.explanation import explain_customers

        self.file(model_file(self.path).name)
        return explain_customers(self.path, self.file("customers.parquet"), self.segments, ids)

    def file(self, name: str) -> Path:
        """Return the path of one of the run's files, after checking its hash.

        Raises
        ------
        RunError
            If the file is not of this run, or has been changed since it was published.
        """
        expected = self.manifest["outputs"].get(name)
        path = self.path / name
        if expected is None or not path.is_file():
            raise RunError(
                f"Run {self.number} has no {name}.",
                found=f"files: {', '.join(self.manifest['outputs'])}.",
                fix="publish the run again.",
                code="no_file",
            )
        if digest(path) != expected:
            raise _changed(path)
        return path

    def report(
        self,
        output: str | Path | None = None,
        *,
        format: str | None = None,
        locale: str | None = None,
        currency: str | None = None,
    ) -> Path:
        """Write the run's report and return where; see `coterie.report.formats.write_report`.

        Parameters
        ----------
        output : str or Path, optional
            The file; for images the folder. By default named after the run.
        format : {"html", "md", "pdf", "png", "svg"}, optional
            By default what the file's name ends in, else ``"html"``.
        locale, currency : str, optional
            Such as ``"de_DE"`` and ``"EUR"``; by default the run's own.
        """
        written: Path = _shown("formats").write_report(self, output, format=format, locale=locale, currency=currency)
        return written

    def chart(self, name: str, *, scheme: Literal["light", "dark"] = "light") -> altair.LayerChart:
        """Return one of the run's charts for Altair, such as ``"shares"``; `charts` has the names.

        Raises
        ------
        RunError
            If there is no such chart.
        """
        found: altair.LayerChart = _shown("notebook").Charts(self, scheme=scheme)[name]
        return found

    @cached_property
    def charts(self) -> Mapping[str, altair.LayerChart]:
        """The run's charts by name; each is made when it is asked for."""
        found: Mapping[str, altair.LayerChart] = _shown("notebook").Charts(self)
        return found

    def _repr_html_(self) -> str:
        return str(_shown("notebook").run_as_html(self))

    def _json(self, name: str) -> dict[str, Any]:
        # Hash and parse the same bytes, so that nothing can change in between.
        raw = self.file(name).read_bytes()
        if hashlib.sha256(raw).hexdigest() != self.manifest["outputs"][name]:
            raise _changed(self.path / name)
        data: dict[str, Any] = json.loads(raw)
        return data

    def __repr__(self) -> str:
        segments = ", ".join(f"{s['name']} {s['share']:.0%}" for s in self.segments["segments"])
        return f"<Run {self.number} as of {self.manifest['as_of']}: {segments}>"


def _shown(how: str) -> Any:
    """Return the part of the report that shows a run: looked up when it is asked for, since runs know nothing of reports."""
    return import_module(f"coterie.report.{how}")


def _changed(path: Path) -> RunError:
    return RunError(
        f"{path} has been changed since it was published.",
        found="its SHA-256 is not the manifest's.",
        fix="run again, or restore the file.",
        code="tampered",
    )


def open_run(path: str | Path) -> Run:
    """Open a run by its folder, by ``RUNS/latest``, or by the folder of runs.

    Raises
    ------
    RunError
        If there is none, or its manifest has been changed.
    """
    given = Path(path)
    folders = resolve(given)
    pointer = given if given.name == "latest" else given / "latest"
    found = given in folders or pointer.is_file()
    caution = None if found else f"{pointer} is missing; this is the newest whole run."
    for folder in folders[:-1]:
        try:
            return _opened(folder, caution)
        except RunError:
            continue
    return _opened(folders[-1], caution)


def _opened(folder: Path, caution: str | None) -> Run:
    manifest = decode_sealed(folder / "manifest.json", noun="manifest", refusal=RunError, schema=SCHEMA)
    return Run(folder, manifest, caution)
