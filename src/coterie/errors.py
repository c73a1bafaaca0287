"""Every refusal Coterie makes, as one tree.

::

    CoterieError                 says what is wrong, what was found, how to fix it        exit 1
    ├── InputError               a file, frame or table that cannot be read as lines
    │   └── MappingError         a column that is missing or could be several
    ├── RecipeError              a recipe or flag with an unknown key or a bad value       exit 2
    ├── ClusteringError          customers that cannot be clustered: too few, all alike
    ├── CampaignError            groups of customers that cannot be compared: too few, too early, nobody bought
    ├── ModelError               a model that is damaged, foreign or not finite
    ├── ExportError              a database or place that an export cannot be written to
    └── RunError                 a run folder that is missing or damaged
        └── BusyError            another run is writing to the same folder                 exit 75
"""

from __future__ import annotations


class CoterieError(Exception):
    """A refusal with a reason a person can act on.

    Parameters
    ----------
    wrong : str
        One sentence: what is wrong, naming the file, line and column where there is one.
    found : str
        What was there instead.
    fix : str
        What to do, as a command or a flag where one exists.
    code : str
        A stable machine-readable reason, e.g. ``"ambiguous_date"``.

    Examples
    --------
    >>> print(InputError("sales.csv has no lines.", found="a header and nothing below it.", fix="export again.", code="no_rows"))
    sales.csv has no lines.
    Found: a header and nothing below it.
    Fix:   export again.
    """

    exit_code = 1

    def __init__(self, wrong: str, *, found: str, fix: str, code: str) -> None:
        super().__init__(wrong)
        self.wrong, self.found, self.fix, self.code = wrong, found, fix, code

    def __str__(self) -> str:
        return f"{self.wrong}\nFound: {self.found}\nFix:   {self.fix}"

    def as_dict(self) -> dict[str, str]:
        """Return the refusal as plain data, for ``--json`` and the API."""
        return {"error": self.code, "wrong": self.wrong, "found": self.found, "fix": self.fix}


class InputError(CoterieError):
    """A file, frame or table that cannot be read as transaction lines."""


class MappingError(InputError):
    """A column of the contract that is missing, or that several source columns could be."""


class RecipeError(CoterieError):
    """A recipe or a flag with an unknown key or a value out of range."""

    exit_code = 2


class ClusteringError(CoterieError):
    """Customers that cannot be clustered: too few, or all alike."""


class CampaignError(CoterieError):
    """Groups of customers that cannot be compared: too few, over days the run does not have, or nobody bought."""


class ModelError(CoterieError):
    """A model file that is damaged, of another schema, or not finite."""


class ExportError(CoterieError):
    """A database or place that an export cannot be written to; what was there before stays."""


class RunError(CoterieError):
    """A run folder that is missing or damaged."""


class BusyError(RunError):
    """Another run is writing to the same folder."""

    exit_code = 75
