"""Read and change what snapshots of many customers say, in a few statements for all.

As ``inventory_sql``: an access check, an audit and a log entry stand around it.
"""

from odoo.tools import SQL

from .inventory_sql import columns, run, stamps


def read_computers(env, source, day, customers=None, keys=None):
    """Return the computers of a source as they stand on a day, as ``Known`` takes them.

    :param customers: ids of the source's customers that reported the computers last
    :param keys: or the keys of the computers
    """
    which = (
        SQL("computer.source_customer_id = ANY(%s)", list(customers))
        if keys is None
        else SQL("computer.external_key = ANY(%s)", list(keys))
    )
    return env.execute_query(
        SQL(
            """
            SELECT computer.id, computer.external_key, computer.name,
                   COALESCE(computer.serial, ''), computer.source_customer_id,
                   computer.reported_at,
                   COALESCE(period.partner_id, computer.partner_id),
                   COALESCE(period.type_id, computer.type_id),
                   period.date_from, period.date_to,
                   period.date_to IS NOT DISTINCT FROM computer.date_to
              FROM msp_computer computer
         LEFT JOIN msp_computer_period period
                ON period.computer_id = computer.id
               AND period.date_from <= %(day)s
               AND (period.date_to > %(day)s OR period.date_to IS NULL)
             WHERE computer.source_id = %(source)s AND %(which)s
            """,
            day=day,
            source=source.id,
            which=which,
        )
    )


def _frames(frames):
    """Return the snapshots as a table that rows name by their place.

    :param frames: (customer of the source, partner, taken at, day, complete)
    """
    return SQL(
        "unnest(%s::integer[], %s::integer[], %s::integer[], %s::timestamp[], "
        "%s::date[], %s::boolean[]) "
        "AS frame (place, customer, partner, taken_at, day, complete)",
        list(range(len(frames))),
        *columns(frames, 5),
    )


def note_seen(env, frames, rows):
    """Note on known computers that they were reported.

    :param rows: (place, id, name, serial, last contact, whether the row was accepted);
        name and serial are None where they stay
    """
    if not rows:
        return
    run(
        env,
        SQL(
            """
            UPDATE msp_computer computer
               SET name = COALESCE(seen.name, computer.name),
                   serial = COALESCE(seen.serial, computer.serial),
                   last_contact = COALESCE(seen.contact, computer.last_contact),
                   reported_at = frame.taken_at,
                   source_customer_id = frame.customer,
                   active = computer.active OR seen.accepted,
                   (write_uid, write_date) = ROW (%s)
              FROM unnest(%s::integer[], %s::integer[], %s::varchar[], %s::varchar[],
                          %s::timestamp[], %s::boolean[])
                AS seen (place, id, name, serial, contact, accepted)
              JOIN %s USING (place)
             WHERE computer.id = seen.id
            """,
            stamps(env),
            *columns(rows, 6),
            _frames(frames),
        ),
    )


def create_computers(env, source, frames, rows):
    """Create computers that are managed from their snapshot's day on.

    :param rows: (place, key, name, type, serial, last contact)
    """
    if not rows:
        return
    run(
        env,
        SQL(
            """
            WITH computer AS (
                INSERT INTO msp_computer (
                            external_key, name, type_id, serial, last_contact, active,
                            company_id, partner_id, date_from, source_id,
                            source_customer_id, reported_at,
                            create_uid, create_date, write_uid, write_date)
                     SELECT new.key, new.name, new.type_id, NULLIF(new.serial, ''),
                            new.contact, true, %s, frame.partner, frame.day, %s,
                            frame.customer, frame.taken_at, %s, %s
                       FROM unnest(%s::integer[], %s::varchar[], %s::varchar[],
                                   %s::integer[], %s::varchar[], %s::timestamp[])
                         AS new (place, key, name, type_id, serial, contact)
                       JOIN %s USING (place)
                  RETURNING id, company_id, partner_id, type_id, date_from,
                            create_uid, create_date, write_uid, write_date)
            INSERT INTO msp_computer_period (
                        computer_id, company_id, partner_id, type_id, date_from,
                        create_uid, create_date, write_uid, write_date)
                 SELECT * FROM computer
            """,
            source.company_id.id,
            source.id,
            stamps(env),
            stamps(env),
            *columns(rows, 6),
            _frames(frames),
        ),
    )


def stamp_customers(env, frames):
    """Note the newest snapshots; always a change of the customers' rows.

    So that another delivery that waited for one of them fails to serialize.
    """
    run(
        env,
        SQL(
            """
            UPDATE msp_source_customer customer
               SET last_taken_at = frame.taken_at,
                   last_complete_at = CASE WHEN frame.complete THEN frame.taken_at
                                      ELSE last_complete_at END,
                   (write_uid, write_date) = ROW (%s)
              FROM %s
             WHERE customer.id = frame.customer
            """,
            stamps(env),
            _frames(frames),
        ),
    )
