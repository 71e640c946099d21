"""The SQL that stores the evidence behind charges."""

# Spans of a scope: which customer's days belong to which cycle. ``seen`` are the days
# of computers in it: half-open, cut to the cycle, never overlapping for a computer.
SEEN = """
    scope(cycle_id, partner_id, d0, d1) AS (
        SELECT * FROM unnest(%(s_cycle)s::int[], %(s_partner)s::int[],
                             %(s_from)s::date[], %(s_to)s::date[])
    ),
    covered(cycle_id, price_id, type_id) AS (
        SELECT * FROM unnest(%(c_cycle)s::int[], %(c_price)s::int[],
                             %(c_type)s::int[])
    ),
    present AS (
        SELECT s.cycle_id, p.computer_id, p.type_id, p.partner_id,
               GREATEST(p.date_from, s.d0) AS f,
               LEAST(COALESCE(p.date_to, s.d1), s.d1) AS t
          FROM scope s
          JOIN msp_billing_cycle y ON y.id = s.cycle_id
          JOIN msp_computer_period p
            ON p.partner_id = s.partner_id
           AND p.company_id = y.company_id
           AND p.date_from < s.d1
           AND (p.date_to IS NULL OR p.date_to > s.d0)
    ),
    seen AS (
        SELECT c.price_id, p.*
          FROM present p
          JOIN covered c ON c.cycle_id = p.cycle_id AND c.type_id = p.type_id
    )
"""

EVIDENCE = (
    "WITH "
    + SEEN
    + """,
    charged(cycle_id, price_id, charge_id, counting_day, included, most) AS (
        SELECT * FROM unnest(%(h_cycle)s::int[], %(h_price)s::int[],
                             %(h_charge)s::int[], %(h_day)s::date[],
                             %(h_included)s::int[], %(h_most)s::int[])
    ),
    tier(first_id, charge_id, above, upto) AS (
        SELECT * FROM unnest(%(t_first)s::int[], %(t_charge)s::int[],
                             %(t_above)s::numeric[], %(t_upto)s::numeric[])
    ),
    agreed(cycle_id, type_id) AS (
        SELECT DISTINCT *
          FROM unnest(%(a_cycle)s::int[], %(a_type)s::int[])
    ),
    taken(cycle_id, partner_id, d0, d1) AS (
        SELECT * FROM unnest(%(x_cycle)s::int[], %(x_partner)s::int[],
                             %(x_from)s::date[], %(x_to)s::date[])
    ),
    behind AS (
        SELECT h.cycle_id, h.charge_id, s.computer_id,
               (array_agg(s.type_id ORDER BY s.f DESC))[1] AS type_id,
               (array_agg(s.partner_id ORDER BY s.f DESC))[1] AS partner_id,
               MIN(s.f) AS f, MAX(s.t) AS t, SUM(s.t - s.f) AS days,
               h.counting_day IS NULL
                   OR bool_or(s.f <= h.counting_day AND h.counting_day < s.t) AS there,
               h.included, h.most
          FROM seen s JOIN charged h USING (cycle_id, price_id)
         GROUP BY h.cycle_id, h.charge_id, s.computer_id, h.counting_day,
                  h.included, h.most
    ),
    ranked AS (
        SELECT b.*, row_number() OVER (
                   PARTITION BY charge_id, there ORDER BY f, computer_id) AS rank
          FROM behind b
    ),
    unpriced AS (
        SELECT p.cycle_id, p.computer_id,
               (array_agg(p.type_id ORDER BY p.f DESC))[1] AS type_id,
               (array_agg(p.partner_id ORDER BY p.f DESC))[1] AS partner_id,
               MIN(p.f) AS f, MAX(p.t) AS t, SUM(p.t - p.f) AS days,
               bool_or(a.cycle_id IS NOT NULL) AS is_agreed
          FROM present p
          LEFT JOIN agreed a ON a.cycle_id = p.cycle_id AND a.type_id = p.type_id
         WHERE NOT EXISTS (SELECT 1 FROM seen s WHERE s.cycle_id = p.cycle_id
                              AND s.computer_id = p.computer_id)
         GROUP BY p.cycle_id, p.computer_id
    ),
    elsewhere AS (
        SELECT x.cycle_id, p.computer_id,
               (array_agg(p.type_id ORDER BY p.date_from DESC))[1] AS type_id,
               (array_agg(p.partner_id ORDER BY p.date_from DESC))[1] AS partner_id,
               MIN(GREATEST(p.date_from, x.d0)) AS f,
               MAX(LEAST(COALESCE(p.date_to, x.d1), x.d1)) AS t,
               SUM(LEAST(COALESCE(p.date_to, x.d1), x.d1)
                   - GREATEST(p.date_from, x.d0)) AS days
          FROM taken x
          JOIN msp_billing_cycle y ON y.id = x.cycle_id
          JOIN msp_computer_period p
            ON p.partner_id = x.partner_id
           AND p.company_id = y.company_id
           AND p.date_from < x.d1
           AND (p.date_to IS NULL OR p.date_to > x.d0)
         GROUP BY x.cycle_id, p.computer_id
    ),
    judged AS (
        SELECT cycle_id, charge_id, computer_id, partner_id, type_id, f, t, days,
               CASE WHEN NOT there THEN 'excluded'
                    WHEN rank <= included THEN 'included'
                    WHEN rank > included + most THEN 'excluded'
                    ELSE 'counted' END AS status,
               CASE WHEN NOT there THEN 'absent'
                    WHEN rank <= included THEN 'included'
                    WHEN rank > included + most THEN 'above_maximum'
                    END AS reason,
               rank - included AS place
          FROM ranked
    ),
    evidence AS (
        SELECT j.cycle_id, COALESCE(r.charge_id, j.charge_id) AS charge_id,
               j.computer_id, j.partner_id, j.type_id, j.f, j.t, j.days,
               j.status, j.reason
          FROM judged j
          LEFT JOIN tier r
            ON r.first_id = j.charge_id AND j.status = 'counted'
           AND j.place > r.above AND j.place <= r.upto
        UNION ALL
        SELECT cycle_id, NULL, computer_id, partner_id, type_id, f, t, days,
               'excluded', CASE WHEN is_agreed THEN 'agreed' ELSE 'no_price' END
          FROM unpriced
        UNION ALL
        SELECT cycle_id, NULL, computer_id, partner_id, type_id, f, t, days,
               'excluded', 'own_subscription'
          FROM elsewhere
    )
    """
)

STORE = """
    INSERT INTO msp_charge_computer
           (cycle_id, charge_id, computer_id, partner_id, type_id, date_from, date_to,
            days, status, reason, name, company_id,
            create_uid, write_uid, create_date, write_date)
    SELECT e.cycle_id, e.charge_id, e.computer_id, e.partner_id, e.type_id, e.f, e.t,
           e.days, e.status, e.reason, c.name, y.company_id, %(uid)s, %(uid)s,
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM evidence e
      JOIN msp_computer c ON c.id = e.computer_id
      JOIN msp_billing_cycle y ON y.id = e.cycle_id
     ORDER BY e.cycle_id, e.charge_id, e.f, e.computer_id
"""
