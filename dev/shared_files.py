"""A plugin of pytest for tests in several processes: they share a folder of files.

pytest-odoo gives each process a database, and all of them one folder. After each class
of tests Odoo deletes the files that no attachment of its own database names, those that
other processes have just written among them. The folder goes with the database anyway.
"""

import os


def pytest_sessionstart() -> None:
    """Keep what a class of tests leaves, where others work beside it."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from odoo.tests.common import TransactionCase

        TransactionCase._gc_filestore = classmethod(lambda _case: None)
