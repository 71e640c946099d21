"""The benchmarks run from end to end; what they measure is no test's affair."""

import subprocess

import pytest

from dev import odoo_conf, paths


@pytest.mark.parametrize("name", ["counting", "ingest"])
def test_benchmark_runs(accounting, name):
    sizes = ("--customers=20", "--computers=10", "--rounds=1")
    answer = subprocess.run(
        [str(paths.PYTHON), "-m", "bench", name, *sizes],
        cwd=paths.ROOT,
        env=odoo_conf.environment(MSP_TEMPLATE=accounting),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "| ratio |" in answer.stdout
