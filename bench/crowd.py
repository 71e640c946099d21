"""Make many customers of few: what they have is copied by SQL, bills included."""

# The tables of a customer, referred to before those that refer to them; which column
# refers to a copy of which table.
PARTNER = {"partner_id": "res_partner"}
TABLES = {
    "res_partner": {"commercial_partner_id": "res_partner"},
    "msp_computer": PARTNER,
    "msp_computer_period": {**PARTNER, "computer_id": "msp_computer"},
    "msp_subscription": {**PARTNER, "bill_to_id": "res_partner"},
    "account_move": {
        **PARTNER,
        "commercial_partner_id": "res_partner",
        "partner_shipping_id": "res_partner",
    },
    "msp_billing_cycle": {
        **PARTNER,
        "subscription_id": "msp_subscription",
        "move_id": "account_move",
    },
    "account_move_line": {**PARTNER, "move_id": "account_move"},
    "account_move_line_account_tax_rel": {"account_move_line_id": "account_move_line"},
    "msp_charge": {
        **PARTNER,
        "cycle_id": "msp_billing_cycle",
        "subscription_id": "msp_subscription",
        "move_line_id": "account_move_line",
    },
    "msp_charge_computer": {
        **PARTNER,
        "cycle_id": "msp_billing_cycle",
        "charge_id": "msp_charge",
        "computer_id": "msp_computer",
    },
    "msp_delivery": {"move_id": "account_move"},
}
# Only what belongs to these customers is copied; other rows stay as they are.
OWN = {
    "res_partner": "id = ANY(%(partners)s)",
    "account_move": "msp_run_id IS NOT NULL",
    "account_move_line": "partner_id = ANY(%(partners)s)",
    "account_move_line_account_tax_rel": "account_move_line_id IN "
    "(SELECT id FROM account_move_line WHERE partner_id = ANY(%(partners)s))",
}
NUMBER = "t.sequence_number + n * (SELECT MAX(sequence_number) FROM account_move)"
# What must differ in each copy beside ids.
SPECIAL = {
    "res_partner": {
        "name": "t.name || ' ' || n",
        "complete_name": "t.complete_name || ' ' || n",
    },
    "account_move": {
        "sequence_number": NUMBER,
        "name": f"t.sequence_prefix || ({NUMBER})",
    },
    "msp_delivery": {"message_id": "t.message_id || '-c' || n"},
}


def multiply(env, partners: list[int], times: int) -> None:
    """Let there be ``times`` as many customers as these, with all that they have."""
    if times < 2:
        return
    env.flush_all()
    cr = env.cr
    spans = {table: _span(cr, table) for table in TABLES}
    for table in TABLES:
        _copy(cr, table, spans, partners, times - 1)
    cr.commit()
    env.invalidate_all()


def _span(cr, table: str) -> int:
    """Return by how much the ids of one copy differ from those of the last one."""
    if table.endswith("_rel"):
        return 0
    cr.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
    return cr.fetchone()[0]


def _copy(cr, table: str, spans: dict[str, int], partners, times: int) -> None:
    cr.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s",
        [table],
    )
    columns = [row[0] for row in cr.fetchall()]
    special = dict(SPECIAL.get(table, {}))
    if spans[table]:
        special["id"] = f"t.id + n * {spans[table]}"
    for column, other in TABLES[table].items():
        special[column] = f't."{column}" + n * {spans[other]}'
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(special.get(column, f't."{column}"') for column in columns)
    cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t "
        f"CROSS JOIN generate_series(1, {times}) AS n WHERE {OWN.get(table, 'TRUE')}",
        {"partners": partners},
    )
    if spans[table]:
        cr.execute(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))")
