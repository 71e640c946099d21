"""The SQL of the computers by month: how many each customer had on its last day.

What is looked for is where their number changes: a period adds to it in the month of
its first day, and takes away in that of the first day after it, since a month counts by
its last day, the current one by today. So few rows meet the months, however many
computers there are.

Parameters: those of ``of_companies``, and how many months are shown. The id of a row
is that of the customer's first period of the type, times 4096, and the month's number.
"""

from .month_sql import month_of, months_between, number_of

COMPUTER_MONTHS = f"""
    WITH own(company_id, today, last) AS (VALUES %(own)s),
    jump AS (
        SELECT company_id, partner_id, type_id, date_from AS day, COUNT(*) AS number,
               MIN(id) AS id
          FROM msp_computer_period WHERE company_id = ANY(%(companies)s)
         GROUP BY 1, 2, 3, 4
         UNION ALL
        SELECT company_id, partner_id, type_id, date_to, -COUNT(*), MIN(id)
          FROM msp_computer_period
         WHERE company_id = ANY(%(companies)s) AND date_to IS NOT NULL
         GROUP BY 1, 2, 3, 4
    ),
    step AS (
        SELECT j.company_id, j.partner_id, j.type_id, o.last,
               GREATEST({number_of("j.day")}, o.last - %(months)s + 1) AS at,
               SUM(j.number) AS number, MIN(j.id)::bigint AS id
          FROM jump j
          JOIN own o ON o.company_id = j.company_id AND j.day <= o.today
         GROUP BY 1, 2, 3, 4, 5
    ),
    run AS (
        SELECT s.company_id, s.partner_id, s.type_id, s.at,
               COALESCE(LEAD(s.at) OVER w - 1, s.last) AS until,
               (SUM(s.number) OVER w)::int AS computers,
               MIN(s.id) OVER (PARTITION BY s.company_id, s.partner_id, s.type_id) AS id
          FROM step s
        WINDOW w AS (PARTITION BY s.company_id, s.partner_id, s.type_id ORDER BY s.at)
    )
    SELECT r.id * 4096 + n AS id, {month_of("n")} AS month, r.company_id, r.type_id,
           r.partner_id, COALESCE(p.commercial_partner_id, p.id) AS customer_id,
           r.computers
      FROM run r
      LEFT JOIN res_partner p ON p.id = r.partner_id
     CROSS JOIN LATERAL {months_between("r.at", "r.until")} AS n
     WHERE r.computers > 0
"""
