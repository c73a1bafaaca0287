"""Recipe: everything that decides an answer, frozen, validated, read from TOML and saved with the run."""

from __future__ import annotations

import datetime
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from coterie.columns import BY_NAME
from coterie.errors import RecipeError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Reading(_Part):
    """How the input's text is read; every field empty means: recognise it, and ask where unsure."""

    encoding: str | None = Field(None, description="Text encoding, e.g. cp1252.")
    delimiter: str | None = Field(None, description="Column separator; a space means runs of spaces.")
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark.")
    date_format: str | None = Field(None, description="strptime format of invoice_date, e.g. %d/%m/%Y.")
    currency: str | None = Field(None, description="Currency of the money columns, e.g. GBP; strips its symbol.")
    missing_tokens: tuple[str, ...] = Field((), description="Texts that mean a missing id, beside the empty one.")
    header: bool = Field(True, description="Whether the first line names the columns.")
    columns: tuple[str, ...] = Field((), description="Names of the columns of a file without a header.")
    sheet: str | None = Field(None, description="Worksheet of a workbook.")
    table: str | None = Field(None, description="Table of a DuckDB file or of PostgreSQL, e.g. sales.lines.")
    query: str | None = Field(None, description="SELECT whose rows are read from PostgreSQL, instead of a table.")

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str | None) -> str | None:
        if code is None:
            return None
        from babel.numbers import is_currency

        if not is_currency(code.upper()):
            raise ValueError("an ISO code of three letters, such as GBP, EUR or USD")
        return code.upper()


class Cleaning(_Part):
    """Which rules a line must pass, in order; names from `coterie rules`."""

    rules: tuple[str, ...] = Field(description="Rules, first failing one decides a line's fate.")
    exclude_products: tuple[str, ...] = Field((), description="Product codes that are not goods, e.g. POST.")
    date_min: datetime.date = Field(datetime.date(1970, 1, 1), description="Earlier dates are out of range.")

    @field_validator("rules")
    @classmethod
    def _each_once(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for name in rules:
            if rules.count(name) > 1:
                raise ValueError(f"{name!r} is named twice; a line that passed it once passes it again")
        return rules


class Features(_Part):
    """Which features place a customer, and which only describe one; names from `coterie features`."""

    use: tuple[str, ...] = Field(min_length=1, description="Features that distances are measured in.")
    profile: tuple[str, ...] = Field((), description="Features computed for profiles only.")
    rename: dict[str, str] = Field(
        default_factory=dict, description="Published names that differ from the registered ones."
    )

    def published(self, name: str) -> str:
        """Return the name a registered feature is published under."""
        return self.rename.get(name, name)


class Scaling(_Part):
    """How features are brought to one scale."""

    method: str = Field(
        "log", description="A transform from the registry: standard, robust, log, yeo-johnson, quantile, rank."
    )


class Clustering(_Part):
    """Which algorithm runs, for which numbers of clusters."""

    algorithm: str = Field("kmeans", description="An algorithm from the registry.")
    k_min: int = Field(2, ge=2, le=100, description="Smallest number of clusters tried.")
    k_max: int = Field(10, ge=2, le=100, description="Largest number of clusters tried.")
    n_init: int = Field(20, ge=1, le=1000, description="k-means++ starts per fit.")
    random_state: int = Field(42, ge=0, le=2**32 - 1, description="Seed.")
    row_order: Literal["values", "customer_id"] = Field(
        "values",
        description="Order the customers are fitted in: by their scaled features, so that ids cannot matter, or by id.",
    )
    label_order: Literal["value", "algorithm"] = Field(
        "value", description="Cluster numbers: by revenue per customer, highest first, or as the algorithm left them."
    )

    @model_validator(mode="after")
    def _range(self) -> Clustering:
        if self.k_max < self.k_min:
            raise ValueError("k_max is below k_min")
        return self


class Choice(_Part):
    """How one number of clusters is chosen."""

    by: Literal["gates", "silhouette"] = Field("gates", description="The gates below, or the highest mean silhouette.")
    smallest_share: float = Field(0.05, ge=0, le=1, description="Gate: share of customers in the smallest segment.")
    jaccard: float = Field(
        0.75, ge=0, le=1, description="Gate: mean Jaccard of the segment that comes back least under bootstrap resamples."
    )
    seed_ari: float = Field(0.95, ge=-1, le=1, description="Gate: adjusted Rand index between seeds, the worst of n_seeds.")
    prediction_strength: float = Field(
        0.80, ge=0, le=1, description="Gate: prediction strength over random halves, mean plus standard error."
    )
    refit_ari: float = Field(
        0.80,
        ge=-1,
        le=1,
        description="Gate: adjusted Rand index of a month's segments with the next month's refit, the worst of n_months.",
    )
    pattern_share: float = Field(0.02, ge=0, le=1, description="Share of the smallest segment that a pattern still needs.")
    n_bootstrap: int = Field(100, ge=0, le=10_000, description="Bootstrap resamples; 0 leaves the gate out.")
    n_seeds: int = Field(5, ge=0, le=1000, description="Further seeds that a k is refitted with; 0 leaves the gate out.")
    n_splits: int = Field(10, ge=0, le=1000, description="Random halvings; 0 leaves prediction strength out.")
    n_months: int = Field(6, ge=0, le=120, description="Last month ends that the recipe is refitted at; 0 leaves the gate out.")
    n_init: int = Field(5, ge=1, le=1000, description="k-means++ starts of each resampled fit.")
    n_null: int = Field(0, ge=0, le=1000, description="Cluster-free data sets that the chosen k is held against; 0 for none.")
    sensitivity: bool = Field(True, description="Whether to refit the chosen k under other transforms, features and no netting.")
    sample_above: int = Field(
        50_000, ge=1000, description="Customers above which silhouettes and resamples are those of a sample, with intervals."
    )


class Value(_Part):
    """What customers are expected to order and spend, and when nothing is said of it."""

    enabled: bool = Field(True, description="Whether to look ahead, and to prove the segments on the last horizon.")
    horizon_days: int = Field(90, ge=7, le=1095, description="How far ahead; as much is held out, and as much must lie before it.")
    fewest_repeaters: int = Field(100, ge=10, description="Customers with orders on two days or more that a forecast takes.")
    total_within: float = Field(
        0.25, ge=0, le=10, description="Refused where the hold-out's orders or money are missed by a larger share."
    )
    rank_correlation: float = Field(
        0.2, ge=-1, le=1, description="Refused where expected and real orders of the hold-out correlate less (Spearman)."
    )
    dependence: float = Field(
        0.3, ge=0, le=1, description="Correlation of number and value of orders (Spearman) beyond which a warning is given."
    )


class Publishing(_Part):
    """What is written beside the fixed files of a run."""

    customers_csv: Literal["all", "features"] = Field(
        "all", description="Columns of customers.csv: all, or only the features that place a customer and the cluster."
    )
    locale: str = Field("en", description="Language and country that the report writes figures and dates for, such as de_DE.")

    @field_validator("locale")
    @classmethod
    def _known(cls, locale: str) -> str:
        if locale != "en":
            from babel import Locale, UnknownLocaleError

            try:
                Locale.parse(locale.replace("-", "_"))
            except (ValueError, UnknownLocaleError):
                raise ValueError("a language, or a language and a country, such as en, de or en_GB") from None
        return locale


class Recipe(_Part):
    """Everything that decides an answer.

    Built-in recipes are TOML files of this shape; a recipe file of yours overrides one by ``extends``, and flags override both.

    Examples
    --------
    >>> recipe = Recipe.load("default")
    >>> recipe.clustering.k_max, recipe.scaling.method
    (10, 'log')
    >>> recipe.override({"clustering": {"k_max": 6}}).clustering.k_max
    6
    """

    name: str = Field(description="The recipe's name.")
    meaning: str = Field("", description="One sentence on what the recipe is for.")
    as_of: datetime.date | None = Field(
        None, description="The day the answer is for; default the day after the last line."
    )
    k: int | None = Field(None, ge=2, le=100, description="Number of clusters, chosen by a person.")
    mapping: dict[str, str] = Field(default_factory=dict, description="Column of the contract = column of the source.")
    reading: Reading = Field(default_factory=lambda: Reading.model_validate({}))
    cleaning: Cleaning
    features: Features
    scaling: Scaling
    clustering: Clustering
    choice: Choice
    value: Value = Field(default_factory=lambda: Value.model_validate({}))
    publishing: Publishing = Field(default_factory=lambda: Publishing.model_validate({}))

    @field_validator("mapping")
    @classmethod
    def _known_columns(cls, mapping: dict[str, str]) -> dict[str, str]:
        unknown = [name for name in mapping if name not in BY_NAME]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such column; columns: {', '.join(BY_NAME)}")
        return mapping

    @classmethod
    def load(cls, source: str | Path) -> Recipe:
        """Read a built-in recipe by name, or a TOML file by path.

        Parameters
        ----------
        source : str or Path
            ``"default"``, ``"notebook"``, or the path of a ``.toml`` file.

        Raises
        ------
        RecipeError
            If there is none, or it has an unknown key or a bad value.
        """
        return cls._validated(_read(source), str(source))

    def override(self, changes: dict[str, Any]) -> Recipe:
        """Return this recipe with nested values replaced; unknown keys are refused."""
        return type(self)._validated(_merge(self.model_dump(), changes), self.name)

    @classmethod
    def _validated(cls, data: dict[str, Any], source: str) -> Recipe:
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise RecipeError(
                f"Recipe {source} has a problem at {key or 'its top'}: {first['msg'].removeprefix('Value error, ')}.",
                found=repr(first.get("input"))[:200] + ".",
                fix="coterie recipes default shows every key with its meaning.",
                code="bad_recipe",
            ) from None


def builtin_recipes() -> list[str]:
    """Return the names of the recipes that come with Coterie."""
    folder = resources.files("coterie.recipes")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def as_toml(recipe: Recipe) -> str:
    """Return a recipe as TOML, every key with its meaning; a key without a value stands as a comment."""
    return _toml(recipe, "")


def _toml(part: BaseModel, path: str) -> str:
    own, nested = [], []
    for key, field in type(part).model_fields.items():
        value = getattr(part, key)
        if isinstance(value, BaseModel):
            heading = f"{path}{key}"
            nested.append(
                f"\n[{heading}]  # {(type(value).__doc__ or '').splitlines()[0]}\n{_toml(value, heading + '.')}"
            )
            continue
        if field.description:
            own.append(f"# {field.description}")
        own.append(f"# {key} =" if value is None else f"{key} = {toml_value(value)}")
    return "\n".join(own) + "\n" + "".join(nested)


def toml_value(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, datetime.date)):
        return str(value)
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    # JSON lets a DEL stand, which TOML does not.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(source: str | Path) -> dict[str, Any]:
    name = str(source)
    if name in builtin_recipes():
        raw = (resources.files("coterie.recipes") / f"{name}.toml").read_bytes()
    else:
        path = Path(source)
        if not path.is_file():
            raise RecipeError(
                f"There is no recipe {name!r}.",
                found=f"built-in recipes: {', '.join(builtin_recipes())}; and no file of that name.",
                fix="--recipe default, or the path of a .toml file.",
                code="unknown_recipe",
            )
        raw = path.read_bytes()
    try:
        data = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"Recipe {name} is not TOML.", found=f"{error}.", fix="mend that line.", code="bad_recipe"
        ) from None
    base = data.pop("extends", None)
    if base is None:
        return data
    if base not in builtin_recipes():
        raise RecipeError(
            f"Recipe {name} extends {base!r}.",
            found=f"built-in recipes: {', '.join(builtin_recipes())}.",
            fix="extend a built-in recipe.",
            code="unknown_recipe",
        )
    return _merge(_read(base), data)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        keep_both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merge(old, value) if keep_both else value  # type: ignore[arg-type]
    return merged
