"""Read and change what snapshots of many customers say, in a few statements for all.

As ``inventory_sql``: an access check, an audit and a log entry stand around it.
"""

from odoo.tools import SQL

from .inventory_sql import columns, run, stamps


def reported_at(computer, **options):
    """Return the SQL of when a computer was reported, by the alias of its table.

    Nearly all are with the newest complete snapshot of their customer, every day: they
    are as fresh as that, and nothing is written to them. The others tell it themselves.

    :param options: of the SQL
    """
    return SQL(
        """
        CASE WHEN %(computer)s.is_fresh
             THEN (SELECT customer.last_complete_at FROM msp_source_customer customer
                    WHERE customer.id = %(computer)s.source_customer_id)
             ELSE %(computer)s.reported_at
         END
        """,
        computer=SQL.identifier(computer),
        **options,
    )


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
                   CASE WHEN computer.is_fresh THEN customer.last_complete_at
                   ELSE computer.reported_at END,
                   COALESCE(period.partner_id, computer.partner_id),
                   COALESCE(period.type_id, computer.type_id),
                   period.date_from, period.date_to,
                   period.date_to IS NOT DISTINCT FROM computer.date_to,
                   computer.is_fresh, computer.active, computer.last_contact
              FROM msp_computer computer
         LEFT JOIN msp_source_customer customer
                ON customer.id = computer.source_customer_id
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

    :param frames: (customer of the source, partner, taken at, day, complete, settles)
    """
    return SQL(
        "unnest(%s::integer[], %s::integer[], %s::integer[], %s::timestamp[], "
        "%s::date[], %s::boolean[], %s::boolean[]) "
        "AS frame (place, customer, partner, taken_at, day, complete, settles)",
        list(range(len(frames))),
        *columns(frames, 6),
    )


def note_seen(env, frames, rows):
    """Note on known computers that they were reported.

    When it settles, they are as fresh as it; see ``reported_at``.

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
                   reported_at = frame.taken_at, is_fresh = frame.settles,
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


def note_contacts(env, rows):
    """Note on computers that are as before when their source last heard from them.

    :param rows: (id, last contact)
    """
    if not rows:
        return
    run(
        env,
        SQL(
            """
            UPDATE msp_computer computer
               SET last_contact = seen.contact, (write_uid, write_date) = ROW (%s)
              FROM unnest(%s::integer[], %s::timestamp[]) AS seen (id, contact)
             WHERE computer.id = seen.id
            """,
            stamps(env),
            *columns(rows, 2),
        ),
    )


def note_missing(env, computer_ids):
    """Keep when computers were reported, before a complete snapshot without them."""
    if not computer_ids:
        return
    run(
        env,
        SQL(
            """
            UPDATE msp_computer computer
               SET reported_at = customer.last_complete_at, is_fresh = false,
                   (write_uid, write_date) = ROW (%s)
              FROM msp_source_customer customer
             WHERE computer.id = ANY(%s) AND computer.is_fresh
               AND customer.id = computer.source_customer_id
            """,
            stamps(env),
            computer_ids,
        ),
    )


def touch_customers(env, customer_ids):
    """Change the rows of customers that computers are taken from.

    What they report of unchanged computers changes no row of a computer. So this makes
    another delivery for them, at the same time, fail to serialize.
    """
    if not customer_ids:
        return
    run(
        env,
        SQL(
            "UPDATE msp_source_customer SET (write_uid, write_date) = ROW (%s) "
            "WHERE id = ANY(%s)",
            stamps(env),
            sorted(customer_ids),
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
                            source_customer_id, reported_at, is_fresh,
                            create_uid, create_date, write_uid, write_date)
                     SELECT new.key, new.name, new.type_id, NULLIF(new.serial, ''),
                            new.contact, true, %s, frame.partner, frame.day, %s,
                            frame.customer, frame.taken_at, frame.settles,
                            %s, %s
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
