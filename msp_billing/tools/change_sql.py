"""The SQL that compares the evidence of cycles with that of the cycles before."""

# ``thread`` follows a price through the prices that replaced it: both sides of a
# comparison have the key of the first. ``whole`` is a computer in a cycle, ``part``
# the same under one price. Rows come only for computers that differ.
CHANGES = """
    WITH pair AS (
        SELECT y.id, y.previous_id, y.date_end - y.date_start AS days,
               p.date_end - p.date_start AS days_before
          FROM msp_billing_cycle y
          JOIN msp_billing_cycle p ON p.id = y.previous_id
         WHERE y.id = ANY(%(cycles)s)
    ),
    thread(price_id, key) AS (
        SELECT * FROM unnest(%(prices)s::int[], %(keys)s::int[])
    ),
    entry AS (
        SELECT y.id AS pair_id, side.is_now, e.computer_id, e.name, e.partner_id,
               e.type_id, e.date_from, e.date_to, e.days, e.reason,
               e.status != 'excluded' AS charged,
               COALESCE(k.key, 0) AS key,
               r.usage_basis = 'average' AND r.price_model != 'flat' AS by_days
          FROM pair y
          CROSS JOIN LATERAL (VALUES (true, y.id), (false, y.previous_id))
                       AS side(is_now, cycle_id)
          JOIN msp_charge_computer e ON e.cycle_id = side.cycle_id
          LEFT JOIN msp_charge c ON c.id = e.charge_id
          LEFT JOIN msp_service_plan_price r ON r.id = c.price_id
          LEFT JOIN thread k ON k.price_id = c.price_id
    ),
    whole AS (
        SELECT pair_id, is_now, computer_id, bool_or(charged) AS charged,
               MIN(date_from) FILTER (WHERE charged) AS f,
               MAX(date_to) FILTER (WHERE reason IS DISTINCT FROM 'own_subscription')
                   AS t,
               (array_agg(partner_id ORDER BY charged DESC, date_to DESC))[1]
                   AS partner_id,
               (array_agg(type_id ORDER BY charged DESC, date_to DESC))[1] AS type_id,
               (array_agg(name ORDER BY charged DESC, date_to DESC))[1] AS name,
               (array_agg(reason ORDER BY date_to DESC)
                   FILTER (WHERE NOT charged))[1] AS reason
          FROM entry GROUP BY pair_id, is_now, computer_id
    ),
    part AS (
        SELECT pair_id, is_now, computer_id, key, bool_or(charged) AS charged,
               bool_or(charged AND by_days) AS by_days, MAX(days) AS days
          FROM entry GROUP BY pair_id, is_now, computer_id, key
    ),
    side AS (
        SELECT COALESCE(n.pair_id, b.pair_id) AS pair_id,
               COALESCE(n.computer_id, b.computer_id) AS computer_id,
               COALESCE(n.key, b.key) AS key,
               COALESCE(n.charged, false) AS now, COALESCE(b.charged, false) AS before,
               n.days AS days, b.days AS days_before,
               COALESCE(n.by_days, false) AND COALESCE(b.by_days, false) AS by_days
          FROM (SELECT * FROM part WHERE is_now) n
          FULL JOIN (SELECT * FROM part WHERE NOT is_now) b
            USING (pair_id, computer_id, key)
    )
    SELECT s.pair_id, s.key, s.computer_id, COALESCE(n.name, b.name) AS name,
           s.now, s.before, s.days, s.days_before,
           COALESCE(n.charged, false) AS any_now,
           COALESCE(b.charged, false) AS any_before,
           n.f AS since, COALESCE(n.t, b.t) AS until,
           n.partner_id, b.partner_id AS partner_before,
           n.type_id, b.type_id AS type_before, n.reason,
           COALESCE(came.partner_id, gone.partner_id) AS other_partner
      FROM side s
      JOIN pair y ON y.id = s.pair_id
      LEFT JOIN whole n ON n.is_now AND n.pair_id = s.pair_id
       AND n.computer_id = s.computer_id
      LEFT JOIN whole b ON NOT b.is_now AND b.pair_id = s.pair_id
       AND b.computer_id = s.computer_id
      LEFT JOIN msp_computer_period came ON n.charged
       AND b.charged IS NOT TRUE AND came.computer_id = s.computer_id
       AND came.date_to = n.f AND came.partner_id != n.partner_id
      LEFT JOIN msp_computer_period gone ON b.charged
       AND n.charged IS NOT TRUE AND gone.computer_id = s.computer_id
       AND gone.date_from = COALESCE(n.t, b.t) AND gone.partner_id != b.partner_id
     WHERE (s.now OR s.before)
       AND (s.now != s.before
            OR n.partner_id != b.partner_id
            OR n.type_id != b.type_id
            OR s.by_days AND (s.days != y.days OR s.days_before != y.days_before)
                         AND (s.days != s.days_before
                              OR (s.days = y.days) != (s.days_before = y.days_before)))
     ORDER BY s.pair_id, name, s.computer_id, s.key
"""
