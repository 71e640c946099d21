"""What a call asks the database, with nothing read before."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass
class Query:
    """A query that a screen asked."""

    seconds: float
    text: str


def asked(env, call: Callable[[], object]) -> tuple[object, list[Query]]:
    """Call with nothing read before; return the answer and the queries."""
    env.invalidate_all()
    call()  # What Odoo keeps for all users, rights and views, is read before.
    env.invalidate_all()
    with watching() as queries:
        answer = call()
    return answer, queries


@contextlib.contextmanager
def watching() -> Iterator[list[Query]]:
    """Have the queries of all cursors noted."""
    from odoo.sql_db import Cursor

    found: list[Query] = []
    execute = Cursor.execute

    def watched(cursor, query, params=None, log_exceptions=True):
        began = time.perf_counter()
        try:
            return execute(cursor, query, params, log_exceptions)
        finally:
            found.append(Query(time.perf_counter() - began, str(query)))

    Cursor.execute = watched
    try:
        yield found
    finally:
        Cursor.execute = execute
