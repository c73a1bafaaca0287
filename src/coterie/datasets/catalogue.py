"""Public data sets, by name: where they are, whose they are, and what they must hash to."""

from __future__ import annotations

import gzip
import hashlib
import io
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from coterie.datasets.download import Opener, Progress, download, open_url
from coterie.datasets.workbook import unpack_workbook, write_raw_csv
from coterie.errors import InputError
from coterie.registry import Registry


@dataclass(frozen=True)
class Dataset:
    """One public data set.

    Parameters
    ----------
    name : str
        What it is asked for by.
    meaning : str
        One sentence.
    url : str
        Where its archive is.
    source : str
        Author, year and DOI.
    licence : str
        The licence it is published under.
    lines : int
        Transaction lines.
    sha256 : str
        SHA-256 of the *converted CSV*, unpacked: the same for every packing of the same lines.
    most_bytes : int
        The archive is refused beyond this size.
    """

    name: str
    meaning: str
    url: str
    source: str
    licence: str
    lines: int
    sha256: str
    most_bytes: int

    @property
    def file_name(self) -> str:
        """The name of the file it becomes."""
        return f"{self.name.replace('-', '_')}.csv.gz"


DATASETS: Registry[Dataset] = Registry("dataset")

DATASETS.add(
    Dataset(
        name="online-retail",
        meaning="A British online shop for gifts, 2010-12-01 to 2011-12-09; many customers are wholesalers.",
        url="https://archive.ics.uci.edu/static/public/352/online+retail.zip",
        source="Daqing Chen, 2015, UCI Machine Learning Repository, doi:10.24432/C5BW33",
        licence="CC BY 4.0",
        lines=541_909,
        sha256="c35975c40d0e1e105090fbb11188a409393055f873841bd012915475fc84e69f",
        most_bytes=64 << 20,
    )
)


def fetch(
    name: str,
    target_dir: str | Path,
    *,
    url: str | None = None,
    sha256: str | None = None,
    opener: Opener = open_url,
    progress: Progress | None = None,
) -> Path:
    """Download a data set, convert it to the CSV layout of its raw export, verify it, and put it in place whole.

    A file that is already there and verifies is left alone, and nothing is downloaded.

    Parameters
    ----------
    name : str
        A name in ``DATASETS``.
    target_dir : str or Path
        Folder to put it in; made if it is missing.
    url, sha256 : str, optional
        Another place to download it from, and what the converted CSV must hash to; the catalogue's own by default.
    opener, progress : callable, optional
        How a URL is opened, and who is told the bytes so far.

    Returns
    -------
    Path
        The file, gzipped CSV.

    Raises
    ------
    RecipeError
        If no data set has that name.
    InputError
        If it cannot be downloaded, is not what it should be, or does not verify. No file is left behind then.
    """
    dataset = DATASETS[name]
    expected = sha256 or dataset.sha256
    target = Path(target_dir) / dataset.file_name
    if target.exists() and _sha256(target) == expected:
        return target
    with _folder_beside(target) as folder:
        aside = Path(folder)
        download(
            url or dataset.url, aside / "archive.zip", at_most=dataset.most_bytes, opener=opener, progress=progress
        )
        _convert(unpack_workbook(aside / "archive.zip", aside), aside / dataset.file_name)
        found = _sha256(aside / dataset.file_name)
        if found != expected:
            raise InputError(
                f"The lines of {dataset.name} are not the ones known here.",
                found=f"SHA-256 {found} of the converted CSV, where {expected} was expected.",
                fix="run the same command again; if a new edition is meant, look at it and give its --sha256.",
                code="checksum",
            )
        (aside / dataset.file_name).replace(target)
    return target


def _folder_beside(target: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder on the target's own disk, so that the finished file can be renamed into place."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-")
    except OSError as error:
        raise InputError(
            f"Nothing can be written to {target.parent}.",
            found=f"{error}.",
            fix="--to with a folder that can be written.",
            code="not_writable",
        ) from None


def _convert(workbook: Path, path: Path) -> None:
    """Write the workbook as gzipped CSV, the same bytes every time."""
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        write_raw_csv(workbook, text)


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a gzipped file's content; of a damaged file, what it cannot be."""
    digest = hashlib.sha256()
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except (OSError, EOFError, zlib.error) as error:
        return f"unreadable: {error}"
    return digest.hexdigest()
