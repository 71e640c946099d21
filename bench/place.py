"""A database of its own for a benchmark."""

import contextlib
import os
from collections.abc import Iterator

from dev import databases, paths


@contextlib.contextmanager
def environment(name: str, modules: str = "", folder: str = "") -> Iterator[object]:
    """Have Odoo's environment, as the superuser, on a database of its own.

    :param modules: other modules to install, separated by commas
    :param folder: where they are
    """
    from odoo import SUPERUSER_ID, api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    database = f"msp_bench_{os.getpid()}_{name}"
    path = [f"--addons-path={paths.ROOT},{folder}"] if folder else []
    with databases.temporary(os.environ["MSP_TEMPLATE"], database):
        databases.install(database)
        if modules:
            databases.odoo(
                f"Install {modules} in {database}", "-d", database, "-i", modules, *path
            )
        config.parse_config(
            ["-d", database, "--no-http", "--log-level=warn", *path],
            setup_logging=True,
        )
        registry = Registry(database)
        with registry.cursor() as cr:
            context = {"lang": None}
            yield api.Environment(cr, SUPERUSER_ID, context)
        sql_db.close_db(database)
        Registry.delete(database)
