"""The SQL of the dashboard: one statement for each part of the page."""

from .month_sql import number_of

# Bills by state, then what is open by its age. A row: state, whether it is disputed,
# age (None for states), bills, total, open amount.
OWED = """
    SELECT CASE WHEN m.state = 'draft' THEN 'draft'
                WHEN m.payment_state IN %(open)s AND m.invoice_date_due < %(today)s
                THEN 'overdue'
                WHEN m.payment_state IN %(open)s THEN 'not_due'
                WHEN m.payment_state = 'reversed' THEN 'credited'
                WHEN m.payment_state IN %(paid)s THEN 'paid' END AS state,
           COALESCE(m.msp_disputed, FALSE) AND m.state = 'posted'
               AND m.payment_state IN %(open)s AS disputed,
           NULL::int AS age, COUNT(*),
           COALESCE(SUM(m.amount_total * r.rate), 0),
           COALESCE(SUM(m.amount_residual * r.rate), 0)
      FROM account_move m
      JOIN %(rates)s AS r ON r.currency_id = m.currency_id
     WHERE m.msp_run_id IS NOT NULL AND m.move_type = 'out_invoice'
       AND m.company_id = ANY(%(companies)s) AND m.state != 'cancel'
       AND (m.invoice_date >= %(first)s OR m.state = 'draft'
            OR m.payment_state IN %(open)s)
     GROUP BY 1, 2
     UNION ALL
    SELECT NULL, FALSE,
           CASE WHEN l.date_maturity >= %(today)s THEN 0
                WHEN l.date_maturity >= %(today)s - 30 THEN 1
                WHEN l.date_maturity >= %(today)s - 60 THEN 2
                WHEN l.date_maturity >= %(today)s - 90 THEN 3 ELSE 4 END,
           COUNT(DISTINCT m.id), 0, SUM(l.amount_residual_currency * r.rate)
      FROM account_move m
      JOIN %(rates)s AS r ON r.currency_id = m.currency_id
      JOIN account_move_line l ON l.move_id = m.id
     WHERE m.msp_run_id IS NOT NULL AND m.state = 'posted'
       AND m.payment_state IN %(open)s AND m.company_id = ANY(%(companies)s)
       AND l.display_type = 'payment_term' AND l.amount_residual_currency != 0
     GROUP BY 3
"""

# The next days on which something is due, then the expected amounts. A row: day (None
# for amounts), subscriptions, customers, column, amount.
COMING = f"""
    (SELECT next_bill_date AS day, COUNT(*), COUNT(DISTINCT bill_to_id),
            NULL::int AS col, 0::numeric
       FROM msp_subscription
      WHERE company_id = ANY(%(companies)s) AND next_bill_date >= %(today)s
      GROUP BY next_bill_date ORDER BY next_bill_date LIMIT %(days)s)
     UNION ALL
    SELECT NULL, 0, 0,
           CASE WHEN f.date < %(today)s THEN 0
                ELSE 1 + {number_of("f.date")} - %(month)s END,
           COALESCE(SUM(f.amount * r.rate), 0)
      FROM msp_forecast_line f
      JOIN %(rates)s AS r ON r.currency_id = f.currency_id
     WHERE f.company_id = ANY(%(companies)s)
     GROUP BY 4
"""

# By how much the number of computers of a type differs at each day. A period is there
# on day n and later ones when day n is its first or later.
COMPUTER_STEPS = """
    SELECT t.id, %(name)s, s.at, s.number
      FROM (SELECT type_id, at, SUM(number) AS number
              FROM (SELECT type_id, COUNT(*) AS number,
                           width_bucket(date_from - 1, %(days)s::date[]) AS at
                      FROM msp_computer_period WHERE company_id = ANY(%(companies)s)
                     GROUP BY 1, 3
                     UNION ALL
                    SELECT type_id, -COUNT(*),
                           width_bucket(date_to - 1, %(days)s::date[])
                      FROM msp_computer_period
                     WHERE company_id = ANY(%(companies)s) AND date_to IS NOT NULL
                     GROUP BY 1, 3) AS both_ends
             GROUP BY type_id, at) AS s
      JOIN msp_computer_type t ON t.id = s.type_id
"""
