"""The SQL of the recurring revenue: what each subscription is worth at a month's end.

A subscription counts with the billed cycle in whose days that day lies; the newest one
counts after its days too, until the subscription ends. Of the current month the day is
today. In a month all of a customer's subscriptions in a currency together are new,
grown, shrunk or lost.

Parameters: the companies with their day, and the first month that is wanted.
"""

# Read by two statements each of which wants few of its rows: PostgreSQL is to look for
# those alone. ``ends``: the months of each company, the one before the first included.
WORTH = """
    company(id, today) AS (
        SELECT * FROM unnest(%(company)s::int[], %(today)s::date[])
    ),
    ends AS NOT MATERIALIZED (
        SELECT c.id AS company_id, m.month::date AS month,
               LEAST((m.month + interval '1 month')::date - 1, c.today) AS day,
               (m.month + interval '1 month')::date AS following,
               m.month < date_trunc('month', c.today::timestamp) AS is_past
          FROM company c
         CROSS JOIN LATERAL generate_series(
               %(since)s::timestamp - interval '1 month',
               date_trunc('month', c.today::timestamp), interval '1 month') AS m(month)
    ),
    newest AS MATERIALIZED (
        SELECT subscription_id, MAX(date_start) AS date_start
          FROM msp_billing_cycle
         WHERE state = 'billed' AND kind = 'regular' AND company_id = ANY(%(company)s)
         GROUP BY subscription_id
    ),
    worth AS NOT MATERIALIZED (
        SELECT e.month, e.following, e.is_past, y.subscription_id, y.company_id,
               y.currency_id, y.partner_id, y.plan_id,
               COALESCE(y.monthly_amount, 0) AS amount
          FROM msp_billing_cycle y
          JOIN newest n ON n.subscription_id = y.subscription_id
          JOIN msp_subscription s ON s.id = y.subscription_id
          JOIN ends e ON e.company_id = y.company_id AND e.day >= y.date_start
           AND (e.day < y.date_end OR y.date_start = n.date_start)
           AND (s.date_end IS NULL OR e.day < s.date_end)
         WHERE y.state = 'billed' AND y.kind = 'regular'
    )
"""

RECURRING = f"""
    WITH {WORTH},
    changed AS (
        SELECT month, subscription_id, company_id, currency_id, partner_id, plan_id,
               SUM(amount) AS amount, SUM(previous) AS previous
          FROM (SELECT month, subscription_id, company_id, currency_id, partner_id,
                       plan_id, amount, 0 AS previous
                  FROM worth WHERE month >= %(since)s
                UNION ALL
                SELECT following, subscription_id, company_id, currency_id, partner_id,
                       plan_id, 0, amount
                  FROM worth WHERE is_past) AS both_months
         GROUP BY month, subscription_id, company_id, currency_id, partner_id, plan_id
    ),
    told AS (
        SELECT x.*, COALESCE(p.commercial_partner_id, x.partner_id) AS customer_id,
               SUM(x.amount) OVER w AS customer_amount,
               SUM(x.previous) OVER w AS customer_previous
          FROM changed x JOIN res_partner p ON p.id = x.partner_id
        WINDOW w AS (PARTITION BY x.month, x.company_id, x.currency_id,
                                  COALESCE(p.commercial_partner_id, x.partner_id))
    )
    SELECT subscription_id::bigint * 65536
               + EXTRACT(YEAR FROM month)::int * 12 + EXTRACT(MONTH FROM month)::int
               - 1970 * 12 AS id,
           month, subscription_id, company_id, currency_id, partner_id,
           customer_id, plan_id, amount, previous, amount - previous AS change,
           CASE WHEN customer_previous = 0 AND customer_amount <> 0 THEN 'new'
                WHEN customer_amount = 0 AND customer_previous <> 0 THEN 'lost'
                WHEN customer_amount > customer_previous THEN 'grown'
                WHEN customer_amount < customer_previous THEN 'shrunk'
                ELSE 'same' END AS movement
      FROM told
"""

# The same, added up by month and currency: customers alone are looked at.
RECURRING_SUMS = f"""
    WITH {WORTH},
    customer AS (
        SELECT w.month, w.following, w.is_past, w.company_id, w.currency_id,
               COALESCE(p.commercial_partner_id, p.id) AS id, SUM(w.amount) AS amount
          FROM worth w JOIN res_partner p ON p.id = w.partner_id
         GROUP BY 1, 2, 3, 4, 5, 6
        HAVING SUM(w.amount) <> 0
    ),
    step AS (
        SELECT c.*, LAG(amount) OVER w AS before, LAG(following) OVER w AS since,
               LEAD(month) OVER w AS next
          FROM customer c
        WINDOW w AS (PARTITION BY company_id, currency_id, id ORDER BY month)
    )
    SELECT month, currency_id, SUM(amount), COUNT(DISTINCT id),
           SUM(amount) FILTER (WHERE since IS DISTINCT FROM month),
           SUM(amount - before) FILTER (WHERE since = month AND amount > before),
           SUM(amount - before) FILTER (WHERE since = month AND amount < before), 0
      FROM step WHERE month >= %(since)s GROUP BY month, currency_id
    UNION ALL
    SELECT following, currency_id, 0, 0, 0, 0, 0, -SUM(amount)
      FROM step WHERE is_past AND next IS DISTINCT FROM following
     GROUP BY following, currency_id
"""
