"""Write simulated lines whole, and cut in two after so many."""

from __future__ import annotations

import sys


def main() -> None:
    import pyarrow.parquet

    from coterie.datasets.simulate import simulate_to_parquet

    whole, earlier, later = sys.argv[1:4]
    n, cut = map(int, sys.argv[4:])
    simulate_to_parquet(whole, n_lines=n, months=13)
    lines = pyarrow.parquet.read_table(whole)
    pyarrow.parquet.write_table(lines.slice(0, cut), earlier)
    pyarrow.parquet.write_table(lines.slice(cut), later)


if __name__ == "__main__":
    main()
