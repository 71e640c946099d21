"""The SQL of the recurring revenue: what each subscription is worth at a month's end.

A subscription counts with the billed cycle in whose days that day lies; the newest one
counts after its days too, until the subscription ends. Of the current month the day is
today. In a month all of a customer's subscriptions in a currency together are new,
grown, shrunk or lost.

Most cycles charge what the one before them did. So what is looked for is where the
worth changes: few rows, however many cycles there are. A change counts in the month of
its day, since it is before that month's end, or not yet when it is after today.

Parameters: those of ``of_companies``. The sums want the number of the first month too.
"""

from .month_sql import month_of, months_between, number_of

STEPS = f"""
    own(company_id, today, last) AS (VALUES %(own)s),
    billed AS (
        SELECT subscription_id, currency_id, date_start, date_end,
               COALESCE(monthly_amount, 0) AS amount,
               LEAD(date_start) OVER w AS next_start,
               LAG(date_end) OVER w AS last_end,
               LAG(COALESCE(monthly_amount, 0)) OVER w AS last_amount
          FROM msp_billing_cycle
         WHERE state = 'billed' AND kind = 'regular' AND company_id = ANY(%(companies)s)
        WINDOW w AS (PARTITION BY subscription_id ORDER BY date_start)
    ),
    turn AS MATERIALIZED (
        SELECT b.*, s.date_end AS ended
          FROM billed b
          JOIN msp_subscription s ON s.id = b.subscription_id
         WHERE (s.date_end IS NULL OR b.date_start < s.date_end)
           AND (b.last_end IS DISTINCT FROM b.date_start OR b.last_amount <> b.amount
                OR b.next_start <> b.date_end OR s.date_end <= b.date_end
                OR b.next_start IS NULL AND s.date_end IS NOT NULL)
    ),
    jump AS (
        SELECT subscription_id, currency_id, date_start AS day,
               amount - CASE WHEN last_end = date_start THEN last_amount ELSE 0 END
                   AS amount
          FROM turn
         UNION ALL
        SELECT subscription_id, currency_id,
               LEAST(CASE WHEN next_start IS NOT NULL THEN date_end END, ended), -amount
          FROM turn
         WHERE next_start IS DISTINCT FROM date_end OR ended <= date_end
    ),
    step AS (
        SELECT j.subscription_id, s.company_id, j.currency_id, s.partner_id, s.plan_id,
               COALESCE(p.commercial_partner_id, p.id) AS customer_id, o.last,
               {number_of("j.day")} AS at, SUM(j.amount) AS change
          FROM jump j
          JOIN msp_subscription s ON s.id = j.subscription_id
          JOIN own o ON o.company_id = s.company_id AND j.day <= o.today
          JOIN res_partner p ON p.id = s.partner_id
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING SUM(j.amount) <> 0
    ),
    customer AS (
        SELECT company_id, currency_id, customer_id, at, SUM(change) AS change,
               SUM(SUM(change)) OVER (PARTITION BY company_id, currency_id, customer_id
                                          ORDER BY at) AS amount
          FROM step
         GROUP BY company_id, currency_id, customer_id, at
    ),
    moved AS (
        SELECT c.*, c.amount - c.change AS previous,
               CASE WHEN c.change = 0 THEN 'same'
                    WHEN c.amount = c.change THEN 'new'
                    WHEN c.amount = 0 THEN 'lost'
                    WHEN c.change > 0 THEN 'grown'
                    ELSE 'shrunk' END AS movement
          FROM customer c
    )
"""

RECURRING = f"""
    WITH {STEPS},
    worth AS (
        SELECT t.*, SUM(change) OVER w AS amount,
               CASE WHEN SUM(change) OVER w = 0 THEN at
                    ELSE COALESCE(LEAD(at) OVER w - 1, last) END AS until
          FROM step t
        WINDOW w AS (PARTITION BY subscription_id ORDER BY at)
    )
    SELECT w.subscription_id::bigint * 65536 + n AS id, {month_of("n")} AS month,
           w.subscription_id, w.company_id, w.currency_id, w.partner_id, w.customer_id,
           w.plan_id, w.amount,
           CASE WHEN n = w.at THEN w.amount - w.change ELSE w.amount END AS previous,
           CASE WHEN n = w.at THEN w.change ELSE 0 END AS change,
           COALESCE(m.movement, 'same') AS movement
      FROM worth w
     CROSS JOIN LATERAL {months_between("w.at", "w.until")} AS n
      LEFT JOIN moved m ON m.company_id = w.company_id
                       AND m.currency_id = w.currency_id
                       AND m.customer_id = w.customer_id AND m.at = n
"""

# The same, added up by month and currency: customers alone are looked at.
RECURRING_SUMS = f"""
    WITH {STEPS},
    total AS (
        SELECT company_id, currency_id, at, SUM(change) AS change,
               COUNT(*) FILTER (WHERE movement = 'new')
                   - COUNT(*) FILTER (WHERE movement = 'lost') AS customers,
               SUM(change) FILTER (WHERE movement = 'new') AS came,
               SUM(change) FILTER (WHERE movement = 'grown') AS grown,
               SUM(change) FILTER (WHERE movement = 'shrunk') AS shrunk,
               SUM(change) FILTER (WHERE movement = 'lost') AS lost
          FROM moved
         GROUP BY company_id, currency_id, at
    )
    SELECT {month_of("n")}, t.currency_id, SUM(t.change), SUM(t.customers)::int,
           SUM(t.came) FILTER (WHERE t.at = n), SUM(t.grown) FILTER (WHERE t.at = n),
           SUM(t.shrunk) FILTER (WHERE t.at = n), SUM(t.lost) FILTER (WHERE t.at = n)
      FROM own o
     CROSS JOIN LATERAL {months_between("%(since)s", "o.last")} AS n
      JOIN total t ON t.company_id = o.company_id AND t.at <= n
     GROUP BY n, t.currency_id
"""
