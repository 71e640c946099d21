"""The SQL that counts the computers of subscriptions on one day, sites included."""

# From each customer down to its contacts, but not into those that have the plan on
# that day themselves: they, and whoever is below them, count there.
COUNT_ON = """
    WITH RECURSIVE place(id, plan_id, company_id, partner_id, sites, depth) AS (
        SELECT id, plan_id, company_id, partner_id, include_sites, 0
          FROM msp_subscription WHERE id = ANY(%(subscriptions)s)
         UNION ALL
        SELECT l.id, l.plan_id, l.company_id, r.id, l.sites, l.depth + 1
          FROM place l
          JOIN res_partner r ON r.parent_id = l.partner_id
         WHERE l.sites AND l.depth < 20
           AND NOT EXISTS (SELECT 1 FROM msp_subscription n
                            WHERE n.plan_id = l.plan_id AND n.partner_id = r.id
                              AND n.date_start <= %(day)s
                              AND (n.date_end IS NULL OR n.date_end > %(day)s))
    )
    SELECT l.id, COUNT(*)
      FROM place l
      JOIN msp_computer_period p
        ON p.partner_id = l.partner_id AND p.company_id = l.company_id
       AND p.date_from <= %(day)s AND (p.date_to IS NULL OR p.date_to > %(day)s)
     GROUP BY l.id
"""
