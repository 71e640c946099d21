"""The benchmarks run from end to end; what they measure is no test's affair."""

import os
import subprocess

import pytest

from dev import odoo_conf, paths

NAMES = ["counting", "ingest", "workers", "growth", "documents", "screens"]
if os.environ.get("MSP_LONG"):
    # These install the add-ons that they are compared with.
    NAMES += ["bills", "bills_sale"]


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_runs(installed, name):
    sizes = ("--customers=20", "--computers=10", "--rounds=1", "--bills=60")
    answer = subprocess.run(
        [str(paths.PYTHON), "-m", "bench", name, *sizes],
        cwd=paths.ROOT,
        env=odoo_conf.environment(MSP_TEMPLATE=installed),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert ("| slowest ms" if name == "screens" else "| ratio") in answer.stdout
