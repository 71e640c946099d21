"""The SQL of the recurring revenue: what each subscription is worth at a month's end.

A subscription counts with the newest billed cycle that began until that day, as long
as it has not ended. Of the current month the day is today. A row also knows what the
subscription was worth a month before, and what its customer did in the month: all of
the customer's subscriptions in a currency together are new, grown, shrunk or lost.

Parameters: the companies with their day, and the first month that is wanted.
"""

RECURRING = """
    WITH company(id, today, month) AS (
        SELECT id, today, date_trunc('month', today::timestamp)
          FROM unnest(%(company)s::int[], %(today)s::date[]) AS c(id, today)
    ),
    billed AS (
        SELECT y.subscription_id, y.company_id, y.currency_id, y.partner_id, y.plan_id,
               y.date_start, COALESCE(y.monthly_amount, 0) AS amount,
               LEAST(LEAD(y.date_start) OVER (PARTITION BY y.subscription_id
                                              ORDER BY y.date_start),
                     s.date_end) AS until
          FROM msp_billing_cycle y
          JOIN msp_subscription s ON s.id = y.subscription_id
         WHERE y.state = 'billed' AND y.kind = 'regular'
           AND y.company_id = ANY(%(company)s)
    ),
    worth AS (
        SELECT m.month, b.subscription_id, b.company_id, b.currency_id, b.partner_id,
               b.plan_id, b.amount, c.month AS last
          FROM billed b
          JOIN company c ON c.id = b.company_id
         CROSS JOIN LATERAL generate_series(
               GREATEST(date_trunc('month', b.date_start::timestamp),
                        %(since)s::timestamp - interval '1 month'),
               LEAST(date_trunc('month', b.until::timestamp), c.month),
               interval '1 month') AS m(month)
         CROSS JOIN LATERAL (SELECT LEAST((m.month + interval '1 month')::date - 1,
                                          c.today) AS day) AS e
         WHERE b.date_start <= e.day AND (b.until IS NULL OR b.until > e.day)
    ),
    both_months AS (
        SELECT month, subscription_id, company_id, currency_id, partner_id, plan_id,
               amount, 0 AS previous
          FROM worth WHERE month >= %(since)s
        UNION ALL
        SELECT month + interval '1 month', subscription_id, company_id, currency_id,
               partner_id, plan_id, 0, amount
          FROM worth WHERE month < last
    ),
    changed AS (
        SELECT month, subscription_id, company_id, currency_id, partner_id, plan_id,
               SUM(amount) AS amount, SUM(previous) AS previous
          FROM both_months
         GROUP BY month, subscription_id, company_id, currency_id, partner_id, plan_id
    ),
    told AS (
        SELECT x.*, COALESCE(p.commercial_partner_id, x.partner_id) AS customer_id,
               SUM(x.amount) OVER w AS customer_amount,
               SUM(x.previous) OVER w AS customer_previous
          FROM changed x JOIN res_partner p ON p.id = x.partner_id
        WINDOW w AS (PARTITION BY x.company_id, x.currency_id, x.month,
                                  COALESCE(p.commercial_partner_id, x.partner_id))
    )
    SELECT subscription_id::bigint * 65536
               + EXTRACT(YEAR FROM month)::int * 12 + EXTRACT(MONTH FROM month)::int
               - 1970 * 12 AS id,
           month::date AS month, subscription_id, company_id, currency_id, partner_id,
           customer_id, plan_id, amount, previous, amount - previous AS change,
           CASE WHEN customer_previous = 0 AND customer_amount <> 0 THEN 'new'
                WHEN customer_amount = 0 AND customer_previous <> 0 THEN 'lost'
                WHEN customer_amount > customer_previous THEN 'grown'
                WHEN customer_amount < customer_previous THEN 'shrunk'
                ELSE 'same' END AS movement
      FROM told
"""
