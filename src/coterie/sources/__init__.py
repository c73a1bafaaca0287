"""Sources: files, databases and frames of any make, read as transaction lines."""

from __future__ import annotations

from coterie.sources.kinds import pointless
from coterie.sources.lines import InputFile, Lines, Match
from coterie.sources.named import named_files
from coterie.sources.reader import propose, read_lines, read_table

__all__ = ["InputFile", "Lines", "Match", "named_files", "pointless", "propose", "read_lines", "read_table"]
