"""Make a long past: a billed month is copied to the months before it, by SQL."""

from dateutil.relativedelta import relativedelta

from . import msp

# The tables that a run writes, referred to before those that refer to them.
TABLES = {
    "msp_bill_run": {},
    "account_move": {"msp_run_id": "msp_bill_run"},
    "msp_billing_cycle": {"run_id": "msp_bill_run", "move_id": "account_move"},
    "account_move_line": {"move_id": "account_move"},
    "account_move_line_account_tax_rel": {"account_move_line_id": "account_move_line"},
    "msp_charge": {
        "cycle_id": "msp_billing_cycle",
        "move_line_id": "account_move_line",
    },
    "msp_charge_computer": {"charge_id": "msp_charge"},
    "msp_delivery": {"move_id": "account_move"},
}
YEAR = "to_char(t.date - make_interval(months => n), 'YYYY')"
NUMBER = "t.sequence_number + n * {count}"
# What must differ in each copy beside ids and dates.
SPECIAL = {
    "account_move": {
        "sequence_number": NUMBER,
        "sequence_prefix": f"'INV/' || {YEAR} || '/'",
        "name": f"'INV/' || {YEAR} || '/' || ({NUMBER})",
    },
    "account_move_line": {"move_name": f"'INV/' || {YEAR} || '/' || t.id || '-' || n"},
    "msp_delivery": {"message_id": "t.message_id || '-' || n"},
}


def copy_back(env, months: int, without: tuple[str, ...] = ()) -> None:
    """Copy everything billed so far to each of the months before it.

    :param without: the tables that keep the last month alone
    """
    if not months:
        return
    env.flush_all()
    cr = env.cr
    start = msp.START - relativedelta(months=months)
    cr.execute("UPDATE msp_subscription SET date_start = %s", [start])
    tables = [table for table in TABLES if table not in without]
    spans = {table: _span(cr, table) for table in tables}
    for table in tables:
        _copy(cr, table, spans, months)
    cr.commit()
    env.invalidate_all()


def _span(cr, table: str) -> int:
    """Return by how much the ids of one copy differ from those of the last one."""
    if table.endswith("_rel"):
        return 0
    cr.execute(f"SELECT MAX(id) FROM {table}")
    return cr.fetchone()[0] or 0


def _copy(cr, table: str, spans: dict[str, int], months: int) -> None:
    special = {
        name: text.format(count=spans["account_move"])
        for name, text in SPECIAL.get(table, {}).items()
    }
    if spans[table]:
        special["id"] = f"t.id + n * {spans[table]}"
    for column, other in TABLES[table].items():
        special[column] = f't."{column}" + n * {spans[other]}'
    columns = _columns(cr, table)
    for column, kind in columns.items():
        if kind == "date":
            moved = f'(t."{column}" - make_interval(months => n))::date'
            special.setdefault(column, moved)
    values = [special.get(column, f't."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
        f"FROM {table} t CROSS JOIN generate_series(1, {months}) AS n"
    )
    if spans[table]:
        cr.execute(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))")


def _columns(cr, table: str) -> dict[str, str]:
    cr.execute(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s",
        [table],
    )
    return dict(cr.fetchall())
