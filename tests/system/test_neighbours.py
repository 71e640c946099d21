"""Bills stay fast, and the same, beside Odoo's own modules that change its invoices.

Sales, purchases, projects, stock and expenses each change methods that a bill's journal
items are made without. Where they are installed the ledger must be that of Odoo's plain
way all the same, column by column: the add-on's own tests say so, in such a database.
"""

import subprocess

from dev import databases, odoo_conf, paths, tools

MODULES = "sale_project,sale_stock,purchase,hr_expense"
FOLDER = paths.ROOT / "msp_billing" / "tests"
FILES = ("test_bill_items.py", "test_bill_shortcuts.py")
# Stock has a say in what posting does, and one shortcut steps aside for it.
EXCEPT = "not has_a_say"


def test_the_ledger_is_that_of_the_plain_way(installed, tmp_path):
    name = f"{installed}_neighbours"
    databases.clone(installed, name)
    try:
        log = tmp_path / "odoo.log"
        databases.odoo("Install the neighbours", "-d", name, "-i", MODULES, log=log)
        files = [str(FOLDER / file) for file in FILES]
        tests = subprocess.run(
            [*tools.pytest_command(name, files), "-k", EXCEPT],
            cwd=paths.ROOT,
            env=odoo_conf.environment(PGOPTIONS=databases.FASTER),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        databases.drop(name)
    assert tests.returncode == 0, tests.stdout[-4000:] + tests.stderr[-1000:]
    assert " passed" in tests.stdout
