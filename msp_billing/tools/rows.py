"""Rows of our own frozen models, written many at a time.

``create`` and ``write`` do much for each record that records made by a bill run do not
need: defaults, tracking, computing what is known already. Here the whole batch is one
statement. What the database guards stays guarded, and what depends on the rows is
computed again as ever.
"""

from psycopg2.extensions import AsIs

from odoo.tools import SQL

DEFAULT = AsIs("DEFAULT")
LOGGED = ("create_uid", "create_date", "write_uid", "write_date")


def insert_rows(model, vals_list):
    """Insert records with one statement.

    Nothing is filled in but who and when: the values hold all that the records have,
    related stored fields and defaults included. Amounts of money are given rounded.

    :param model: of the records, in the environment of who makes them
    :param list vals_list: dicts of values as ``create`` takes them
    :return: the records, in the order of the values
    :raises AccessError: when the user may not create such records
    """
    model.check_access("create")
    if not vals_list:
        return model.browse()
    names = sorted({name for vals in vals_list for name in vals})
    _refuse_gaps(model, names)
    fields = [model._fields[name] for name in names]
    by = (model.env.uid, model.env.cr.now()) * 2
    rows = [
        (*(_to_column(model, field, vals) for field in fields), *by)
        for vals in vals_list
    ]
    inserted = model.env.execute_query(
        SQL(
            "INSERT INTO %s (%s) VALUES %s RETURNING id",
            SQL.identifier(model._table),
            SQL(", ").join(SQL.identifier(name) for name in (*names, *LOGGED)),
            SQL(", ").join(rows),
        )
    )
    records = model.browse(row[0] for row in inserted)
    _forget_inverses(model, fields)
    with model.env.protecting([field for field in fields if field.compute], records):
        records.modified(names, create=True)
    return records


def update_rows(records, vals_list):
    """Write other values on each record, with one statement.

    Unlike ``write`` it asks nobody's leave: who calls has checked that the records
    may change. Amounts of money are given rounded.

    :param list vals_list: one dict for each record, all with the same names
    :raises AccessError: when the user may not write such records
    """
    records.browse().check_access("write")
    if not records:
        return
    names = list(vals_list[0])
    records.env[records._name].flush_model(names)
    fields = [records._fields[name] for name in names]
    records._write_multi(
        [
            {field.name: _to_column(records, field, vals) for field in fields}
            for vals in vals_list
        ]
    )
    records.invalidate_recordset([*names, "write_uid", "write_date"], flush=False)
    _forget_inverses(records, fields)
    records.modified(names)


def _refuse_gaps(model, names):
    """Refuse to leave out a stored field that the ORM would have computed."""
    missing = [
        field.name
        for field in model._fields.values()
        if field.store and field.compute and field.column_type
        if field.name not in names
    ]
    if missing:
        raise ValueError(f"{model._name}: {', '.join(missing)} must be given.")


def _to_column(model, field, vals):
    """Return a value as the column takes it."""
    if field.name not in vals:
        return DEFAULT
    value = vals[field.name]
    if field.type == "monetary":
        return value
    return field.convert_to_column_insert(value, model, vals)


def _forget_inverses(model, fields):
    """Let the lists that the records are part of be read again."""
    for field in fields:
        for inverse in model.pool.field_inverses[field]:
            model.env[inverse.model_name].invalidate_model([inverse.name], flush=False)
