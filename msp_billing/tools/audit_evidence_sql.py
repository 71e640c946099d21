"""The invariants of evidence as SQL: what is behind the charges, and whose it is.

Rows of CHECKS are (id of the record, what is wrong with it).
"""

# Transactions overlap: what was written up to an hour before a cycle was billed may
# not have been seen by it.
MARGIN = "interval '1 hour'"

EVIDENCE_CHECKS = {
    "evidence_company": (
        "msp.billing.cycle",
        """
        SELECT y.id, string_agg(DISTINCT e.name, ', ')
          FROM msp_charge_computer e
          JOIN msp_billing_cycle y ON y.id = e.cycle_id
          JOIN msp_computer k ON k.id = e.computer_id
          LEFT JOIN msp_charge c ON c.id = e.charge_id
         WHERE e.company_id != y.company_id OR k.company_id != y.company_id
            OR c.cycle_id != y.id
         GROUP BY y.id
        """,
    ),
    # Sites that were given another parent since are none of the bill's business: the
    # cycle keeps the sites that it was billed with.
    "evidence_customer": (
        "msp.billing.cycle",
        f"""
        WITH RECURSIVE pair AS (
            SELECT DISTINCT ON (y.partner_id, e.partner_id)
                   y.id, y.partner_id AS customer, e.partner_id AS site,
                   y.write_date AS billed, COALESCE(o.sites, y.sites) AS sites
              FROM msp_charge_computer e
              JOIN msp_billing_cycle y ON y.id = e.cycle_id
              LEFT JOIN msp_charge c ON c.id = e.charge_id
              LEFT JOIN msp_billing_cycle o ON o.id = c.origin_cycle_id
             WHERE y.state = 'billed' AND e.partner_id != y.partner_id
             ORDER BY y.partner_id, e.partner_id, y.write_date DESC
        ),
        up(site, above, depth) AS (
            SELECT DISTINCT site, site, 0 FROM pair
            UNION ALL
            SELECT u.site, p.parent_id, u.depth + 1
              FROM up u JOIN res_partner p ON p.id = u.above
             WHERE p.parent_id IS NOT NULL AND u.depth < 20
        )
        SELECT r.id, p.name
          FROM pair r JOIN res_partner p ON p.id = r.site
         WHERE p.write_date <= r.billed - {MARGIN}
           AND NOT EXISTS (SELECT 1 FROM up u
                            WHERE u.site = r.site AND u.above = r.customer)
           AND NOT EXISTS (SELECT 1
                             FROM jsonb_array_elements(r.sites->'tree') AS t(pair)
                            WHERE (t.pair->>0)::int = r.site)
        """,
    ),
    "evidence_quantity": (
        "msp.charge",
        """
        WITH charged AS (
            SELECT MIN(c.id) AS id, c.cycle_id, c.price_id, MIN(c.counted) AS counted,
                   SUM(c.quantity) AS quantity
              FROM msp_charge c
              JOIN msp_billing_cycle y ON y.id = c.cycle_id
             WHERE y.state = 'billed' AND y.kind = 'regular' AND c.kind = 'recurring'
             GROUP BY c.cycle_id, c.price_id
        ),
        behind AS (
            SELECT c.cycle_id, c.price_id, SUM(e.days) AS days,
                   COUNT(*) FILTER (WHERE e.status != 'excluded'
                                       OR e.reason = 'above_maximum') AS there,
                   COUNT(*) FILTER (WHERE e.status = 'counted') AS counted
              FROM msp_charge_computer e JOIN msp_charge c ON c.id = e.charge_id
             WHERE c.kind = 'recurring'
             GROUP BY c.cycle_id, c.price_id
        ),
        compared AS (
            SELECT h.*, r.usage_basis, r.price_model,
                   COALESCE(b.there, 0) AS there,
                   CASE WHEN r.usage_basis = 'average'
                        THEN ROUND(COALESCE(b.days, 0)::numeric
                                   / (y.date_end - y.date_start),
                                   (y.terms->>'quantity_digits')::int)
                        ELSE COALESCE(b.there, 0) END AS seen,
                   LEAST(GREATEST(COALESCE(b.counted, 0),
                                  (t.price->>'minimum')::numeric),
                         (t.price->>'maximum')::numeric) AS due,
                   MOD((t.price->>'included')::numeric, 1) = 0
                       AND COALESCE(MOD((t.price->>'maximum')::numeric, 1), 0) = 0
                       AS is_whole
              FROM charged h
              JOIN msp_billing_cycle y ON y.id = h.cycle_id
              JOIN msp_subscription s ON s.id = y.subscription_id
              JOIN msp_service_plan_price r ON r.id = h.price_id
              CROSS JOIN LATERAL (SELECT y.terms->'prices'->h.price_id::text
                                             AS price) t
              LEFT JOIN behind b
                ON b.cycle_id = h.cycle_id AND b.price_id = h.price_id
             WHERE s.count_source = 'inventory' AND r.price_model != 'flat'
               AND r.usage_basis != 'contracted'
        )
        SELECT id, counted || ' / ' || seen || ', ' || quantity || ' / ' || due
          FROM compared
         WHERE counted != seen
            OR (usage_basis != 'average' AND price_model != 'package'
                AND is_whole AND quantity != due)
        """,
    ),
    "evidence_tier": (
        "msp.charge",
        """
        SELECT c.id, c.quantity || ' / ' || COUNT(*)
          FROM msp_charge c
          JOIN msp_billing_cycle y ON y.id = c.cycle_id
          JOIN msp_service_plan_price r ON r.id = c.price_id
          JOIN msp_charge_computer e ON e.charge_id = c.id AND e.status = 'counted'
         WHERE y.state = 'billed' AND c.kind = 'recurring'
           AND r.price_model = 'graduated' AND r.usage_basis != 'average'
         GROUP BY c.id, c.quantity
        HAVING COUNT(*) > CEIL(c.quantity)
        """,
    ),
}

# What counting again gives (after EVIDENCE) against what is stored, corrections of it
# included: the newest evidence of a computer rules. ``changed``: something that
# decides what is counted was written since the cycle was billed, which is when its
# charges were made: the cycle itself may have been written later.
RECOUNT = f"""
    , stored AS (
        SELECT DISTINCT ON (cycle_id, price_id, computer_id, is_own) *
          FROM (SELECT e.cycle_id, COALESCE(c.price_id, 0) AS price_id, e.computer_id,
                       e.partner_id, e.days, e.status, e.id,
                       e.reason IS NOT DISTINCT FROM 'own_subscription' AS is_own
                  FROM msp_charge_computer e
                  LEFT JOIN msp_charge c ON c.id = e.charge_id
                 WHERE e.cycle_id = ANY(%(cycles)s)
                UNION ALL
                SELECT c.origin_cycle_id, COALESCE(c.price_id, 0), e.computer_id,
                       e.partner_id, e.days, e.status, e.id, false
                  FROM msp_charge c
                  JOIN msp_billing_cycle k ON k.id = c.cycle_id
                  JOIN msp_charge_computer e ON e.charge_id = c.id
                 WHERE c.origin_cycle_id = ANY(%(cycles)s) AND k.state = 'billed'
               ) AS every
         ORDER BY cycle_id, price_id, computer_id, is_own, id DESC
    ),
    again AS (
        SELECT e.cycle_id, COALESCE(c.price_id, 0) AS price_id, e.computer_id,
               e.partner_id, e.days, e.status,
               e.reason IS NOT DISTINCT FROM 'own_subscription' AS is_own
          FROM evidence e LEFT JOIN msp_charge c ON c.id = e.charge_id
    ),
    different AS (
        SELECT COALESCE(n.cycle_id, o.cycle_id) AS cycle_id,
               COALESCE(n.computer_id, o.computer_id) AS computer_id,
               n.partner_id AS site_now, o.partner_id AS site_then,
               n.days IS DISTINCT FROM o.days AS other_days
          FROM again n
          FULL JOIN (SELECT * FROM stored WHERE days > 0) o
            USING (cycle_id, price_id, computer_id, is_own)
         WHERE (n.days, n.status) IS DISTINCT FROM (o.days, o.status)
    ),
    judged_again AS (
        SELECT d.*, y.plan_id, y.subscription_id,
               COALESCE((SELECT MIN(c.create_date) FROM msp_charge c
                          WHERE c.cycle_id = y.id), y.write_date)
                   - {MARGIN} AS billed,
               EXISTS (SELECT 1 FROM stored s WHERE s.cycle_id = d.cycle_id
                          AND s.computer_id = d.computer_id) AS is_listed
          FROM different d JOIN msp_billing_cycle y ON y.id = d.cycle_id
    ),
    marked AS (
        SELECT j.*,
               EXISTS (SELECT 1 FROM msp_computer_period p
                        WHERE p.computer_id = j.computer_id
                          AND p.write_date > j.billed)
               OR EXISTS (SELECT 1 FROM mail_message m
                           WHERE m.model = 'msp.computer'
                             AND m.res_id = j.computer_id AND m.date > j.billed)
               OR EXISTS (SELECT 1 FROM res_partner p
                           WHERE p.id IN (j.site_now, j.site_then)
                             AND p.write_date > j.billed)
               OR EXISTS (SELECT 1 FROM msp_subscription s
                            JOIN res_partner p ON p.id IN (j.site_now, j.site_then)
                           WHERE s.plan_id = j.plan_id
                             AND s.partner_id IN (p.id, p.parent_id)
                             AND s.write_date > j.billed
                             AND (s.id != j.subscription_id OR s.date_end IS NOT NULL)
                         ) AS changed
          FROM judged_again j
    )
    SELECT m.cycle_id, m.computer_id, c.name, m.is_listed,
           m.changed OR NOT m.other_days
               AND bool_or(m.changed) OVER (PARTITION BY m.cycle_id) AS changed
      FROM marked m JOIN msp_computer c ON c.id = m.computer_id
     ORDER BY m.cycle_id, c.name, m.computer_id
"""
