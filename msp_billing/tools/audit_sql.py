"""The invariants of a live database as SQL: each statement returns what breaks one.

Rows are (id of the record, what is wrong with it).
"""

from .seal_sql import CONTENT

# Two live spans of the same key that share a day.
_OVERLAP = """
    SELECT a.id, a.date_{f} || ' – ' || COALESCE(a.date_{t}::text, '…') || ' / '
           || b.date_{f} || ' – ' || COALESCE(b.date_{t}::text, '…')
      FROM {table} a JOIN {table} b ON {key} AND a.id < b.id
       AND daterange(a.date_{f}, a.date_{t}) && daterange(b.date_{f}, b.date_{t})
     WHERE {live}
"""

CHECKS = {
    "seal": (
        "account.move",
        "SELECT m.id, m.name FROM account_move m JOIN ("
        + CONTENT
        + ") AS content ON content.id = m.id "
        "WHERE m.msp_seal IS NOT NULL AND m.msp_seal != content.seal",
    ),
    "overlap": (
        "msp.billing.cycle",
        _OVERLAP.format(
            table="msp_billing_cycle",
            f="start",
            t="end",
            key="a.subscription_id = b.subscription_id",
            live="a.kind = 'regular' AND b.kind = 'regular' "
            "AND a.state != 'voided' AND b.state != 'voided'",
        ),
    ),
    "gap": (
        "msp.subscription",
        """
        SELECT id, expected || ' – ' || date_start
          FROM (SELECT s.id, c.date_start,
                       COALESCE(LAG(c.date_end) OVER (
                           PARTITION BY s.id ORDER BY c.date_start), s.date_start
                       ) AS expected
                  FROM msp_billing_cycle c
                  JOIN msp_subscription s ON s.id = c.subscription_id
                 WHERE c.kind = 'regular' AND c.state = 'billed') AS billed
         WHERE date_start > expected
           AND NOT EXISTS (SELECT 1 FROM msp_billing_cycle v
                            WHERE v.subscription_id = billed.id
                              AND v.state = 'voided'
                              AND v.date_start >= billed.expected
                              AND v.date_end <= billed.date_start)
        """,
    ),
    "period_overlap": (
        "msp.computer",
        _OVERLAP.format(
            table="msp_computer_period",
            f="from",
            t="to",
            key="a.computer_id = b.computer_id",
            live="true",
        ).replace("SELECT a.id", "SELECT a.computer_id"),
    ),
    "subscription_overlap": (
        "msp.subscription",
        _OVERLAP.format(
            table="msp_subscription",
            f="start",
            t="end",
            key="a.plan_id = b.plan_id AND a.partner_id = b.partner_id",
            live="true",
        ),
    ),
    "line": (
        "account.move",
        """
        SELECT m.id, m.name || ': ' || c.quantity || ' x ' || c.unit_price
               || ' / ' || l.quantity || ' x ' || l.price_unit
          FROM msp_charge c
          JOIN account_move_line l ON l.id = c.move_line_id
          JOIN account_move m ON m.id = l.move_id
         WHERE l.quantity != c.quantity
                   * CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
            OR l.price_unit != c.unit_price
            OR COALESCE(l.discount, 0) != COALESCE(c.discount, 0)
        """,
    ),
    "no_line": (
        "msp.charge",
        """
        SELECT c.id, c.name
          FROM msp_charge c JOIN msp_billing_cycle y ON y.id = c.cycle_id
         WHERE y.state IN ('billed', 'voided') AND c.amount != 0
           AND c.move_line_id IS NULL
        """,
    ),
    "amount": (
        "msp.charge",
        """
        SELECT c.id, c.quantity || ' x ' || c.unit_price || ' - '
               || COALESCE(c.discount, 0) || ' / ' || c.amount
          FROM msp_charge c
          JOIN res_currency u ON u.id = c.currency_id
         WHERE ABS(c.amount - c.quantity * c.unit_price
                   * (1 - COALESCE(c.discount, 0)::numeric / 100))
               > u.rounding / 2 + 0.000001
        """,
    ),
    "orphan_line": (
        "account.move",
        """
        SELECT m.id, m.name || ': ' || COALESCE(l.name, '')
          FROM account_move_line l
          JOIN account_move m ON m.id = l.move_id
         WHERE l.display_type = 'product' AND m.state = 'posted'
           AND EXISTS (SELECT 1 FROM msp_billing_cycle y WHERE y.move_id = m.id)
           AND NOT EXISTS (SELECT 1 FROM msp_charge c WHERE c.move_line_id = l.id)
        """,
    ),
    "no_bill": (
        "msp.billing.cycle",
        """
        SELECT y.id, y.date_start || ' – ' || y.date_end
          FROM msp_billing_cycle y
          LEFT JOIN account_move m ON m.id = y.move_id
         WHERE y.state = 'billed' AND m.state IS DISTINCT FROM 'posted'
           AND EXISTS (SELECT 1 FROM msp_charge c
                        WHERE c.cycle_id = y.id AND c.amount != 0)
        """,
    ),
    "sending": (
        "msp.delivery",
        """
        SELECT d.id, d.write_date::text
          FROM msp_delivery d
         WHERE d.state = 'sending'
           AND d.write_date < now() AT TIME ZONE 'UTC' - interval '10 minutes'
        """,
    ),
    "company": (
        "msp.billing.cycle",
        """
        SELECT y.id, y.company_id || ' / ' || m.company_id
          FROM msp_billing_cycle y JOIN account_move m ON m.id = y.move_id
         WHERE y.company_id != m.company_id
        """,
    ),
}
