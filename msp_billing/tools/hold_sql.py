"""The SQL that finds what must not be billed unseen, for many cycles at once.

The cycles are counted and rated: their ``terms`` say by which prices, and in
``last_day`` how many computers there were on the last day, where any price counts.
"""

UNPRICED = """
    SELECT id FROM msp_billing_cycle
     WHERE id = ANY(%(cycles)s) AND kind = 'regular' AND terms->'prices' = '{}'
"""

# Prices that are charged by agreed quantity: (cycle, price).
AGREED = """
    SELECT y.id, r.id
      FROM msp_billing_cycle y
      JOIN msp_subscription s ON s.id = y.subscription_id
      CROSS JOIN LATERAL jsonb_object_keys(y.terms->'prices') AS k(price)
      JOIN msp_service_plan_price r ON r.id = k.price::int
     WHERE y.id = ANY(%(cycles)s) AND y.kind = 'regular' AND r.price_model != 'flat'
       AND (r.usage_basis = 'contracted' OR s.count_source = 'contracted')
     ORDER BY y.id, r.sequence DESC, r.id DESC
"""

# Whose computers count on the last day of a cycle that counts: the customer, and the
# sites below it down to those that have the plan themselves.
_COUNTED = """
    WITH RECURSIVE cycle AS (
        SELECT y.id, y.company_id, y.partner_id, y.plan_id, y.date_end, y.run_id,
               y.computer_count, y.sites, s.count_source
          FROM msp_billing_cycle y
          JOIN msp_subscription s ON s.id = y.subscription_id
         WHERE y.id = ANY(%(cycles)s) AND y.kind = 'regular'
           AND y.terms->>'last_day' IS NOT NULL
    ),
    pair AS (
        SELECT y.id, (t.pair->>0)::int AS site, (t.pair->>1)::int AS parent
          FROM cycle y CROSS JOIN LATERAL jsonb_array_elements(y.sites->'tree') t(pair)
         WHERE NOT EXISTS (
                   SELECT 1 FROM msp_subscription o
                    WHERE o.plan_id = y.plan_id
                      AND o.partner_id = (t.pair->>0)::int
                      AND o.date_start < y.date_end
                      AND (o.date_end IS NULL OR o.date_end >= y.date_end))
    ),
    counted(id, partner_id) AS (
        SELECT id, partner_id FROM cycle
        UNION ALL
        SELECT p.id, p.site FROM counted c JOIN pair p
            ON p.id = c.id AND p.parent = c.partner_id
    )
"""

# Cycles without a computer of whose customers nothing is known at all.
UNREPORTED = (
    _COUNTED
    + """
    SELECT y.id, y.count_source
      FROM cycle y
     WHERE y.computer_count = 0
       AND CASE y.count_source WHEN 'reading' THEN NOT EXISTS (
               SELECT 1 FROM counted c
                 JOIN msp_count_reading r ON r.partner_id = c.partner_id
                WHERE c.id = y.id AND r.company_id = y.company_id
                  AND r.date < y.date_end)
           ELSE NOT EXISTS (
               SELECT 1 FROM counted c
                 JOIN msp_computer_period p ON p.partner_id = c.partner_id
                WHERE c.id = y.id AND p.company_id = y.company_id)
           AND NOT EXISTS (
               SELECT 1 FROM counted c
                 JOIN msp_source_customer k ON k.partner_id = c.partner_id
                WHERE c.id = y.id AND k.company_id = y.company_id
                  AND k.last_taken_at IS NOT NULL)
           END
"""
)

# Cycles that a source should have reported later than it did: (cycle, source customer,
# the day that counts). The day of a report depends on the time zone: some of these
# are fresh.
STALE = (
    _COUNTED
    + """
    SELECT y.id, k.id, LEAST(y.date_end, r.date, %(today)s) AS day
      FROM cycle y
      JOIN counted c ON c.id = y.id
      JOIN msp_bill_run r ON r.id = y.run_id
      JOIN msp_source_customer k
        ON k.partner_id = c.partner_id AND k.company_id = y.company_id
      JOIN msp_source m ON m.id = k.source_id AND m.active
     WHERE y.count_source = 'inventory' AND k.last_taken_at IS NOT NULL
       AND (k.last_complete_at IS NULL OR k.last_complete_at <
            LEAST(y.date_end, r.date, %(today)s) - m.stale_days + 1)
     ORDER BY y.id, k.last_complete_at NULLS FIRST, k.id
"""
)

# Cycles whose count on the last day differs much from that of the cycle billed before:
# (cycle, count, count before).
JUMP = """
    SELECT y.id, n.now, n.before
      FROM msp_billing_cycle y
      JOIN msp_billing_cycle p ON p.id = y.previous_id
      JOIN res_company c ON c.id = y.company_id
      CROSS JOIN LATERAL (SELECT (y.terms->>'last_day')::int AS now,
                                 (p.terms->>'last_day')::int AS before) n
     WHERE y.id = ANY(%(cycles)s) AND y.kind = 'regular'
       AND ABS(n.now - n.before) >= c.msp_jump_minimum
       AND ABS(n.now - n.before) * 100 > c.msp_jump_percent * n.before
"""
