"""The SQL of the computers by month: how many each customer had on its last day.

Periods that cover the same days are added up first, so that few rows meet the months,
however many computers there are. Parameters: the months of each company, and the first
day that counts. The id of a row is that of its first period, times 4096, and the
number of the month since 1970.
"""

COMPUTER_MONTHS = """
    WITH ends(company_id, month, day) AS (
        SELECT * FROM unnest(%(company)s::int[], %(month)s::date[], %(day)s::date[])
    ),
    alike AS (
        SELECT company_id, partner_id, type_id, GREATEST(date_from, %(first)s) AS since,
               COALESCE(date_to, 'infinity') AS until, COUNT(*) AS number,
               MIN(id) AS id
          FROM msp_computer_period
         WHERE company_id = ANY(%(company)s)
           AND (date_to IS NULL OR date_to > %(first)s)
         GROUP BY 1, 2, 3, 4, 5
    )
    SELECT MIN(a.id)::bigint * 4096 + EXTRACT(YEAR FROM e.month)::int * 12
               + EXTRACT(MONTH FROM e.month)::int - 1970 * 12 AS id,
           e.month, a.company_id, a.type_id, a.partner_id,
           COALESCE(p.commercial_partner_id, a.partner_id) AS customer_id,
           SUM(a.number)::int AS computers
      FROM alike a
      JOIN ends e ON e.company_id = a.company_id
                 AND e.day >= a.since AND e.day < a.until
      JOIN res_partner p ON p.id = a.partner_id
     GROUP BY e.month, a.company_id, a.type_id, a.partner_id, p.commercial_partner_id
"""
