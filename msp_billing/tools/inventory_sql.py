"""Read and change the inventory of thousands of computers in a few statements.

The one road beside the ORM, for what sources deliver: an access check, an audit and a
log entry of the delivery stand around it. The database's constraints hold here too.
"""

from collections import defaultdict

from odoo.tools import SQL

from .timeline import Span, Steps, steps


def columns(rows, width):
    """Return rows as the lists that ``unnest`` takes."""
    columns = zip(*rows, strict=True) if rows else [()] * width
    return [list(column) for column in columns]


def run(env, query):
    """Change rows; another delivery that changed them first is no error of the log.

    Odoo tries the whole transaction again then.
    """
    env.cr.execute(query, log_exceptions=False)


def stamps(env):
    """Return who writes, and when."""
    return SQL("%s, now() AT TIME ZONE 'UTC'", env.uid)


def read_histories(env, computer_ids):
    """Return the spans of computers, by their ids."""
    rows = env.execute_query(
        SQL(
            """
            SELECT computer_id, date_from, date_to, partner_id, type_id, id
              FROM msp_computer_period
             WHERE computer_id = ANY(%s)
          ORDER BY computer_id, date_from
            """,
            list(computer_ids),
        )
    )
    histories = defaultdict(list)
    for computer_id, *span in rows:
        histories[computer_id].append(Span(*span))
    return histories


def store_histories(env, old, new):
    """Change the periods of computers from one history to another.

    :param dict old: the stored spans by computer id
    :param dict new: the spans that shall be, by computer id
    """
    todo, created = Steps(), []
    for computer_id, spans in new.items():
        own = steps(old[computer_id], spans)
        todo.delete += own.delete
        todo.shrink.update(own.shrink)
        todo.write.update(own.write)
        created += [(computer_id, span) for span in own.create]
    if todo.delete:
        run(env, SQL("DELETE FROM msp_computer_period WHERE id = ANY(%s)", todo.delete))
    _shrink(env, todo.shrink)
    _write(env, todo.write)
    _create(env, created)
    _refresh(env, list(new))


def _shrink(env, days):
    if not days:
        return
    rows = [(ref, first, last) for ref, (first, last) in days.items()]
    refs, firsts, lasts = columns(rows, 3)
    run(
        env,
        SQL(
            """
            UPDATE msp_computer_period period
               SET date_from = new.date_from, date_to = new.date_to,
                   (write_uid, write_date) = ROW (%s)
              FROM unnest(%s::integer[], %s::date[], %s::date[])
                AS new (id, date_from, date_to)
             WHERE period.id = new.id
            """,
            stamps(env),
            refs,
            firsts,
            lasts,
        ),
    )


def _write(env, spans):
    if not spans:
        return
    rows = [
        (ref, span.partner, span.kind, span.date_from, span.date_to)
        for ref, span in spans.items()
    ]
    refs, partners, kinds, firsts, lasts = columns(rows, 5)
    run(
        env,
        SQL(
            """
            UPDATE msp_computer_period period
               SET partner_id = new.partner_id, type_id = new.type_id,
                   date_from = new.date_from, date_to = new.date_to,
                   (write_uid, write_date) = ROW (%s)
              FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::date[],
                          %s::date[])
                AS new (id, partner_id, type_id, date_from, date_to)
             WHERE period.id = new.id
            """,
            stamps(env),
            refs,
            partners,
            kinds,
            firsts,
            lasts,
        ),
    )


def _create(env, spans):
    if not spans:
        return
    rows = [
        (computer_id, span.partner, span.kind, span.date_from, span.date_to)
        for computer_id, span in spans
    ]
    computers, partners, kinds, firsts, lasts = columns(rows, 5)
    run(
        env,
        SQL(
            """
            INSERT INTO msp_computer_period (
                        computer_id, company_id, partner_id, type_id, date_from,
                        date_to, create_uid, create_date, write_uid, write_date)
                 SELECT computer.id, computer.company_id, new.partner_id, new.type_id,
                        new.date_from, new.date_to, %s, %s
                   FROM unnest(%s::integer[], %s::integer[], %s::integer[],
                               %s::date[], %s::date[])
                     AS new (computer_id, partner_id, type_id, date_from, date_to)
                   JOIN msp_computer computer ON computer.id = new.computer_id
            """,
            stamps(env),
            stamps(env),
            computers,
            partners,
            kinds,
            firsts,
            lasts,
        ),
    )


def _refresh(env, computer_ids):
    """Let computers say again what their history says."""
    run(
        env,
        SQL(
            """
            UPDATE msp_computer computer
               SET partner_id = history.partner_id, type_id = history.type_id,
                   date_from = history.first_day, date_to = history.date_to
              FROM (SELECT DISTINCT ON (computer_id)
                           computer_id, partner_id, type_id, date_to,
                           min(date_from) OVER (PARTITION BY computer_id) AS first_day
                      FROM msp_computer_period
                     WHERE computer_id = ANY(%s)
                  ORDER BY computer_id, date_from DESC) history
             WHERE computer.id = history.computer_id
            """,
            computer_ids,
        ),
    )
