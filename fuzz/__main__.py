"""The command: ``python -m fuzz --minutes 5 --seed 7``."""

from __future__ import annotations

import argparse
import sys

from fuzz.run import run


def main() -> int:
    """Run the programme as the arguments say; 1 where an invariant broke, else 0."""
    parser = argparse.ArgumentParser(prog="fuzz", description="damage the bundled editions and judge what is read")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to go on (default 1)")
    parser.add_argument("--files", type=int, default=None, help="how many files to read, instead of a time")
    parser.add_argument("--seed", type=int, default=1, help="where the damage starts from (default 1)")
    parser.add_argument("--show", type=int, default=10, help="how many breaches to show in full (default 10)")
    wanted = parser.parse_args()
    outcome = run(seed=wanted.seed, minutes=wanted.minutes, files=wanted.files)
    outcome.print(sys.stdout, show=wanted.show)
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
