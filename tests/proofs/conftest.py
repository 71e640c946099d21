"""Proofs on a database: the add-on against the day-by-day oracle of the engine.

Run by ``python3 -m dev test proofs``. The same examples on every run, made from a seed
that is printed. MSP_LONG=1 tries many more with another seed each time;
MSP_SEED=number repeats one.
"""

import os
import pathlib
import secrets
import sys

# The oracle and the random histories are those of the engine's tests.
sys.path.append(str(pathlib.Path(__file__).parents[1] / "engine"))

LONG = bool(os.environ.get("MSP_LONG"))
SEED = int(os.environ.get("MSP_SEED") or (secrets.randbelow(2**31) if LONG else 19))


def pytest_report_header():
    """Name the seed: with it a failure comes again."""
    return f"proofs: MSP_SEED={SEED}" + (" MSP_LONG=1" if LONG else "")
