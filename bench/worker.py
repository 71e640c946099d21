"""A process that bills, as a server of Odoo does: ``python -m bench.worker DATABASE``.

It says that it is ready, waits for a line, works on the runs until they are done, and
says what that took.
"""

import json
import sys
import time


def main(database: str) -> None:
    """Load the registry, wait, bill, tell."""
    from odoo import SUPERUSER_ID, api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(
        ["-d", database, "--no-http", "--log-level=warn"], setup_logging=True
    )
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        # What any first call loads is not the run's affair.
        env["msp.bill.run"].search([("state", "=", "running")])
        cr.commit()
        before = _memory()
        _say({"ready": True})
        for _line in sys.stdin:
            wall, cpu = time.perf_counter(), time.process_time()
            env.invalidate_all()
            env["msp.bill.run"]._cron_bill()
            cr.commit()
            _say(
                {
                    "seconds": time.perf_counter() - wall,
                    "cpu": time.process_time() - cpu,
                    "before": before,
                    "peak": _memory(),
                }
            )
    sql_db.close_all()


def _memory() -> float:
    """Return the most memory that this process has had, in MiB.

    As the kernel counts it for the program: what ``getrusage`` says includes the
    process that started this one.
    """
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("The kernel does not tell the memory of a process")


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
