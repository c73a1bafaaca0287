"""Write simulated lines to Parquet, in a process of their own so that they do not count as anybody's memory."""

import sys

from coterie.datasets import simulate_to_parquet

print(simulate_to_parquet(sys.argv[1], n_lines=int(sys.argv[2]), retailer=sys.argv[3]))
