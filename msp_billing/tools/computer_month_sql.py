"""The SQL of the computers by month: how many each customer had on its last day.

What is looked for is where their number changes: a period adds to it in the month of
its first day, and takes away in that of the first day after it, since a month counts by
its last day, the current one by today. So few rows meet the months, however many
computers there are.

Parameters: the months of each company with the company's today. The id of a row is that
of the customer's first period of the type, times 4096, and the number of the month
since 1970.
"""

COMPUTER_MONTHS = """
    WITH ends(company_id, month, today) AS (
        SELECT * FROM unnest(%(company)s::int[], %(month)s::date[], %(today)s::date[])
    ),
    own AS (
        SELECT company_id, MIN(month) AS first, MIN(today) AS today
          FROM ends GROUP BY company_id
    ),
    jump AS (
        SELECT company_id, partner_id, type_id, date_from AS day, COUNT(*) AS number,
               MIN(id) AS id
          FROM msp_computer_period WHERE company_id = ANY(%(own)s)
         GROUP BY 1, 2, 3, 4
         UNION ALL
        SELECT company_id, partner_id, type_id, date_to, -COUNT(*), MIN(id)
          FROM msp_computer_period
         WHERE company_id = ANY(%(own)s) AND date_to IS NOT NULL
         GROUP BY 1, 2, 3, 4
    ),
    step AS (
        SELECT j.company_id, j.partner_id, j.type_id,
               COALESCE(p.commercial_partner_id, p.id) AS customer_id,
               GREATEST(date_trunc('month', j.day)::date, o.first) AS month,
               SUM(j.number) AS number, MIN(j.id)::bigint AS id
          FROM jump j
          JOIN own o ON o.company_id = j.company_id AND j.day <= o.today
          JOIN res_partner p ON p.id = j.partner_id
         GROUP BY 1, 2, 3, 4, 5
    ),
    run AS (
        SELECT s.company_id, s.partner_id, s.type_id, s.customer_id, s.month,
               (SUM(s.number) OVER w)::int AS computers, LEAD(s.month) OVER w AS next,
               MIN(s.id) OVER (PARTITION BY s.company_id, s.partner_id, s.type_id) AS id
          FROM step s
        WINDOW w AS (PARTITION BY s.company_id, s.partner_id, s.type_id
                         ORDER BY s.month)
    )
    SELECT r.id * 4096 + EXTRACT(YEAR FROM e.month)::int * 12
               + EXTRACT(MONTH FROM e.month)::int - 1970 * 12 AS id,
           e.month, r.company_id, r.type_id, r.partner_id, r.customer_id, r.computers
      FROM run r
      JOIN ends e ON e.company_id = r.company_id AND e.month >= r.month
                 AND (r.next IS NULL OR e.month < r.next)
     WHERE r.computers > 0
"""
