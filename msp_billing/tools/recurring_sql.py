"""The SQL of the recurring revenue: what each subscription is worth at a month's end.

A subscription counts with the billed cycle in whose days that day lies; the newest one
counts after its days too, until the subscription ends. Of the current month the day is
today. In a month all of a customer's subscriptions in a currency together are new,
grown, shrunk or lost.

Parameters: the months of each company (``ends``), and the first one that is wanted.
"""

# ``ends``: the months of each company, the one before the first included. ``worth`` is
# read twice by the statement of the rows, for few months: only those are looked for.
WORTH = """
    ends(company_id, month, day, following, is_past) AS (
        SELECT * FROM unnest(%(company)s::int[], %(month)s::date[], %(day)s::date[],
                             %(following)s::date[], %(is_past)s::bool[])
    ),
    billed AS MATERIALIZED (
        SELECT subscription_id, company_id, currency_id, partner_id, plan_id,
               date_start, COALESCE(monthly_amount, 0) AS amount,
               CASE WHEN date_start = MAX(date_start) OVER w
                    THEN 'infinity' ELSE date_end END AS until
          FROM msp_billing_cycle
         WHERE state = 'billed' AND kind = 'regular' AND company_id = ANY(%(company)s)
        WINDOW w AS (PARTITION BY subscription_id)
    ),
    worth AS NOT MATERIALIZED (
        SELECT e.month, e.following, e.is_past, b.subscription_id, b.company_id,
               b.currency_id, b.partner_id, b.plan_id, b.amount
          FROM billed b
          JOIN msp_subscription s ON s.id = b.subscription_id
          JOIN ends e ON e.company_id = b.company_id AND e.day >= b.date_start
           AND e.day < LEAST(b.until, s.date_end)
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
