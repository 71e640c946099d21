"""Customers, computers and their history, written straight into the database."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

MONTH = date(2026, 4, 1)
NEXT_MONTH = date(2026, 5, 1)
LONG_AGO = date(2025, 1, 1)
NULL = r"\N"


def text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as COPY reads them; no value has a tab or a backslash."""
    return "\n".join(
        "\t".join([NULL if cell is None else str(cell) for cell in row]) for row in rows
    )


def copy(cr, table: str, columns: Sequence[str], lines: str) -> None:
    """COPY rows that are written as text."""
    cr.copy_expert(
        f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(lines)
    )


def repeat(record, number: int, **changed: str) -> list[int]:
    """Copy a record's row in SQL; return the ids, the record's own first.

    :param changed: the SQL of the columns that differ; ``n`` counts from 1
    """
    record.env.flush_all()
    cr, table = record.env.cr, record._table
    cr.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s "
        "AND column_name != 'id'",
        [table],
    )
    columns = [row[0] for row in cr.fetchall()]
    values = [changed.get(column, f"t.{column}") for column in columns]
    cr.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM {table} t, generate_series(1, %s) AS n WHERE t.id = %s "
        "ORDER BY n RETURNING id",
        [number - 1, record.id],
    )
    ids = [record.id, *(row[0] for row in cr.fetchall())]
    record.env.invalidate_all()
    return ids


def customers(env, number: int) -> list[int]:
    """Make customers, each its own commercial partner."""
    first = env["res.partner"].create({"name": "Customer", "is_company": True})
    name = "'Customer ' || n"
    ids = repeat(first, number, name=name, complete_name=name)
    env.cr.execute(
        "UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [ids]
    )
    return ids


def month(number: int) -> list[tuple[int, int, date, date | None]]:
    """Return the periods of one customer: (computer, type, since, until).

    As many as asked for. Of twenty computers two join and two leave in the month, and
    one in fifty comes back after a gap, as another type.
    """
    found: list[tuple[int, int, date, date | None]] = []
    computer = 0
    while len(found) < number:
        day = MONTH + timedelta(days=1 + computer * 7 % 27)
        kind, turn = computer % 5, computer % 50
        if turn == 49 and len(found) < number - 1:
            back = day + timedelta(days=2)
            found.append((computer, kind, LONG_AGO, day))
            found.append((computer, (kind + 1) % 5, back, None))
        elif turn % 20 in (3, 11):
            found.append((computer, kind, day, None))
        elif turn % 20 in (5, 17):
            found.append((computer, kind, LONG_AGO, day))
        else:
            found.append((computer, kind, LONG_AGO, None))
        computer += 1
    return found
