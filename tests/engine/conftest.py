"""Load ``msp_billing/engine`` as ``msp_engine``, without importing Odoo.

The tests are the same on every run: examples are derived from the tests themselves
and nothing is stored. MSP_LONG=1 tries ten times as many, at random. What bears on
money is tried on `HISTORIES` examples for each of the five price models.
"""

import importlib.util
import os
import pathlib
import sys

from hypothesis import HealthCheck, settings

ENGINE = pathlib.Path(__file__).parents[2] / "msp_billing" / "engine"
spec = importlib.util.spec_from_file_location(
    "msp_engine", ENGINE / "__init__.py", submodule_search_locations=[str(ENGINE)]
)
module = importlib.util.module_from_spec(spec)
sys.modules["msp_engine"] = module
spec.loader.exec_module(module)

LONG = bool(os.environ.get("MSP_LONG"))
HISTORIES = 10_000 if LONG else 1000

unhurried = {
    "database": None,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("default", max_examples=200, derandomize=True, **unhurried)
settings.register_profile("long", max_examples=2000, print_blob=True, **unhurried)
settings.load_profile("long" if LONG else "default")
