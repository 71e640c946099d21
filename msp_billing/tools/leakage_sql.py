"""The SQL that finds what is not billed, or billed in vain: one statement per kind.

The kinds stand beside each other in one UNION ALL, so that PostgreSQL leaves out the
kinds that a search does not ask for. Parameters: the companies with their day, the
moment before which a computer is silent, and their currency; and the prices in force
with what one computer costs (``cost``). The id of a row is that
of its record, times 8, and the number of the kind.
"""

# What tools and factories write where no serial number is, small letters.
JUNK_SERIALS = (
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "system serial number",
    "chassis serial number",
    "base board serial number",
    "serial number",
    "not specified",
    "not applicable",
    "not available",
    "not settable",
    "no serial number",
    "no asset tag",
    "unknown",
    "undefined",
    "invalid",
    "empty",
    "none",
    "null",
    "nil",
    "n/a",
    "na",
    "oem",
    "o.e.m.",
    "test",
    "123456789",
    "1234567890",
    "0123456789",
)

COMMON = """
    company(id, day, silent, currency_id, decimals) AS (
        SELECT * FROM unnest(%(company)s::int[], %(day)s::date[],
                             %(silent)s::timestamp[], %(currency)s::int[],
                             %(decimals)s::int[])
    ),
    pace(billing_cycle, per_month) AS (
        SELECT * FROM unnest(%(cycle)s::varchar[], %(per_month)s::numeric[])
    ),
    price AS (
        SELECT c.company_id, c.plan_id, c.id, c.is_cyclic, c.rate * COALESCE(c.cost,
                   (SELECT MIN(t.unit_price) FROM msp_service_plan_price_tier t
                     WHERE t.price_id = c.id AND t.unit_price > 0), 0) AS value
          FROM unnest(%(cost_company)s::int[], %(cost_plan)s::int[],
                      %(cost_price)s::int[], %(cost_cyclic)s::bool[],
                      %(cost_rate)s::numeric[], %(cost)s::numeric[])
            AS c(company_id, plan_id, id, is_cyclic, rate, cost)
    ),
    cost AS MATERIALIZED (
        SELECT c.company_id, c.plan_id, t.id AS type_id,
               COALESCE(SUM(c.value) FILTER (WHERE NOT c.is_cyclic), 0) AS monthly,
               COALESCE(SUM(c.value) FILTER (WHERE c.is_cyclic), 0) AS cyclic
          FROM price c
          LEFT JOIN msp_computer_type_msp_service_plan_price_rel r
                 ON r.msp_service_plan_price_id = c.id
          JOIN msp_computer_type t
            ON t.id = r.msp_computer_type_id OR r.msp_computer_type_id IS NULL
         GROUP BY c.company_id, c.plan_id, t.id
    ),
    live AS (
        SELECT s.id, s.company_id, s.partner_id, s.plan_id, s.include_sites,
               s.billing_cycle, s.count_source
          FROM msp_subscription s JOIN company o ON o.id = s.company_id
         WHERE s.date_start <= o.day AND (s.date_end IS NULL OR s.date_end > o.day)
    ),
    present AS NOT MATERIALIZED (
        SELECT p.computer_id, p.partner_id, p.type_id, p.company_id, p.date_from
          FROM msp_computer_period p JOIN company o ON o.id = p.company_id
         WHERE p.date_from <= o.day AND (p.date_to IS NULL OR p.date_to > o.day)
    ),
    place AS (
        SELECT DISTINCT partner_id, type_id, company_id FROM present
    ),
    up(partner_id, above_id, depth) AS (
        SELECT partner_id, partner_id, 0 FROM place
         UNION ALL
        SELECT u.partner_id, r.parent_id, u.depth + 1
          FROM up u JOIN res_partner r ON r.id = u.above_id
         WHERE r.parent_id IS NOT NULL AND u.depth < 20
    ),
    nearest AS (
        SELECT DISTINCT ON (u.partner_id, s.plan_id)
               u.partner_id, s.company_id, s.plan_id, s.id AS subscription_id,
               s.billing_cycle, u.depth = 0 OR s.include_sites AS counts
          FROM up u JOIN live s ON s.partner_id = u.above_id
         ORDER BY u.partner_id, s.plan_id, u.depth
    ),
    asked AS (
        SELECT n.partner_id, n.company_id, c.type_id, c.plan_id,
               c.monthly + c.cyclic * w.per_month AS value
          FROM nearest n
          JOIN cost c ON c.plan_id = n.plan_id
          JOIN pace w ON w.billing_cycle = n.billing_cycle
         WHERE n.counts
    ),
    billed AS (
        SELECT l.partner_id, l.type_id, l.company_id, COUNT(a.plan_id) AS plans,
               COALESCE(SUM(a.value), 0) AS value,
               (array_agg(a.plan_id ORDER BY a.value DESC, a.plan_id))[1] AS plan_id
          FROM place l
          LEFT JOIN asked a ON a.partner_id = l.partner_id
                           AND a.company_id = l.company_id AND a.type_id = l.type_id
         GROUP BY l.partner_id, l.type_id, l.company_id
    ),
    counting AS MATERIALIZED (
        SELECT DISTINCT n.subscription_id
          FROM nearest n
          JOIN place l ON l.partner_id = n.partner_id AND l.company_id = n.company_id
          JOIN cost c ON c.plan_id = n.plan_id AND c.type_id = l.type_id
         WHERE n.counts
    ),
    popular AS (
        SELECT s.company_id, s.plan_id, COUNT(*) AS number
          FROM live s GROUP BY s.company_id, s.plan_id
    ),
    usual AS (
        SELECT DISTINCT ON (c.company_id, c.type_id)
               c.company_id, c.type_id, c.plan_id, c.monthly + c.cyclic AS value
          FROM cost c
          LEFT JOIN popular f ON f.plan_id = c.plan_id
         WHERE c.monthly + c.cyclic > 0
         ORDER BY c.company_id, c.type_id, f.number DESC NULLS LAST, c.plan_id
    )
"""

UNMAPPED = """
    mix AS (
        SELECT k.source_id, p.type_id, COUNT(*) AS number
          FROM present p JOIN msp_computer k ON k.id = p.computer_id
         WHERE k.source_id IS NOT NULL
         GROUP BY k.source_id, p.type_id
    ),
    source_plan AS (
        SELECT DISTINCT ON (m.source_id) m.source_id, s.plan_id
          FROM msp_source_customer m
          JOIN live s ON s.partner_id = m.partner_id AND s.company_id = m.company_id
         WHERE EXISTS (SELECT 1 FROM cost c WHERE c.plan_id = s.plan_id
                                              AND c.monthly + c.cyclic > 0)
         GROUP BY m.source_id, s.plan_id
         ORDER BY m.source_id, COUNT(*) DESC, s.plan_id
    ),
    company_plan AS (
        SELECT DISTINCT ON (f.company_id) f.company_id, f.plan_id
          FROM popular f
         WHERE EXISTS (SELECT 1 FROM cost c WHERE c.plan_id = f.plan_id
                                              AND c.monthly + c.cyclic > 0)
         ORDER BY f.company_id, f.number DESC, f.plan_id
    ),
    source_cost AS (
        SELECT s.id AS source_id, c.plan_id,
               COALESCE(SUM((c.monthly + c.cyclic) * x.number) / SUM(x.number),
                        AVG(c.monthly + c.cyclic)
                            FILTER (WHERE c.monthly + c.cyclic > 0)) AS value
          FROM msp_source s
          LEFT JOIN source_plan a ON a.source_id = s.id
          LEFT JOIN company_plan b ON b.company_id = s.company_id
          JOIN cost c ON c.plan_id = COALESCE(a.plan_id, b.plan_id)
          LEFT JOIN mix x ON x.source_id = s.id AND x.type_id = c.type_id
         GROUP BY s.id, c.plan_id
    )
"""

SERIALS = """
    repeated AS MATERIALIZED (
        SELECT k.company_id, lower(btrim(k.serial)) COLLATE "C" AS serial
          FROM msp_computer k JOIN company o ON o.id = k.company_id
         WHERE k.serial IS NOT NULL AND (k.date_to IS NULL OR k.date_to > o.day)
         GROUP BY 1, 2
        HAVING COUNT(*) > 1
    ),
    twice AS MATERIALIZED (
        SELECT company_id, serial FROM repeated
         WHERE length(serial) > 1 AND serial <> ALL (%(junk)s)
           AND serial !~ '^(.)\\1*$'
    ),
    candidates AS MATERIALIZED (
        SELECT k.id, k.source_id, k.name, t.serial, k.serial AS written
          FROM twice t
          JOIN msp_computer k ON k.company_id = t.company_id
                             AND lower(btrim(k.serial)) COLLATE "C" = t.serial
    ),
    serials AS MATERIALIZED (
        SELECT p.*, k.source_id, k.name, k.serial, k.written
          FROM candidates k JOIN present p ON p.computer_id = k.id
    ),
    ranked AS (
        SELECT s.*, b.value, b.plan_id,
               row_number() OVER w AS rank,
               first_value(s.computer_id) OVER w AS first_id,
               first_value(s.partner_id) OVER w AS first_partner_id,
               first_value(s.name) OVER w AS first_name,
               first_value(b.value) OVER w AS first_value
          FROM serials s
          JOIN billed b ON b.partner_id = s.partner_id
                            AND b.type_id = s.type_id AND b.company_id = s.company_id
        WINDOW w AS (PARTITION BY s.company_id, s.serial
                     ORDER BY s.date_from, s.computer_id)
    )
"""

ROWS = """
    SELECT m.id::bigint * 8 + 1 AS id, 'unmapped' AS kind, m.company_id,
           NULL::int AS partner_id, m.source_id, m.id AS source_customer_id,
           NULL::int AS computer_id, NULL::int AS other_computer_id,
           NULL::int AS other_partner_id, NULL::int AS subscription_id,
           v.plan_id, NULL::int AS type_id,
           COALESCE(m.name, m.external_key) AS name,
           m.refused_at::date AS since, m.refused_count AS computers,
           COALESCE(m.refused_count * v.value, 0) AS value, TRUE AS estimated,
           NULL AS serial, NULL AS other_name, NULL AS other_customer
      FROM msp_source_customer m
      JOIN company o ON o.id = m.company_id
      JOIN msp_source s ON s.id = m.source_id AND s.active
      LEFT JOIN source_cost v ON v.source_id = m.source_id
     WHERE m.partner_id IS NULL AND m.ignored IS NOT TRUE
    UNION ALL
    SELECT r.computer_id::bigint * 8 + 2, 'duplicate', r.company_id, r.partner_id,
           r.source_id, NULL, r.computer_id, r.first_id, r.first_partner_id, NULL,
           r.plan_id, r.type_id, r.name, r.date_from, 1,
           LEAST(r.value, r.first_value), FALSE,
           btrim(r.written), r.first_name, f.complete_name
      FROM ranked r
      JOIN res_partner f ON f.id = r.first_partner_id
     WHERE r.rank > 1
    UNION ALL
    SELECT p.computer_id::bigint * 8 + 3, 'silent', p.company_id, p.partner_id,
           k.source_id, NULL, p.computer_id, NULL, NULL, NULL, b.plan_id, p.type_id,
           k.name, COALESCE(LEAST(k.last_contact, t.reported_at), p.date_from)::date,
           1, b.value, FALSE, NULL, NULL, NULL
      FROM present p
      JOIN company o ON o.id = p.company_id
      JOIN msp_computer k ON k.id = p.computer_id
      LEFT JOIN msp_source_customer c ON c.id = k.source_customer_id
      CROSS JOIN LATERAL (SELECT CASE WHEN k.is_fresh THEN c.last_complete_at
                                      ELSE k.reported_at END AS reported_at) t
      JOIN billed b ON b.partner_id = p.partner_id AND b.type_id = p.type_id
                        AND b.company_id = p.company_id
     WHERE k.source_id IS NOT NULL
       AND COALESCE(LEAST(k.last_contact, t.reported_at), p.date_from) < o.silent
    UNION ALL
    SELECT p.computer_id::bigint * 8 + 4, 'no_plan', p.company_id, p.partner_id,
           k.source_id, NULL, p.computer_id, NULL, NULL, NULL, u.plan_id, p.type_id,
           k.name, p.date_from, 1, COALESCE(u.value, 0), TRUE,
           NULL, NULL, NULL
      FROM billed b
      JOIN present p ON p.partner_id = b.partner_id AND p.type_id = b.type_id
                    AND p.company_id = b.company_id
      JOIN msp_computer k ON k.id = p.computer_id
      LEFT JOIN usual u ON u.company_id = p.company_id AND u.type_id = p.type_id
     WHERE b.plans = 0
    UNION ALL
    SELECT s.id::bigint * 8 + 5, 'empty', s.company_id, s.partner_id, NULL, NULL,
           NULL, NULL, NULL, s.id, s.plan_id, NULL, r.name, NULL, 0, 0, FALSE,
           NULL, NULL, NULL
      FROM live s
      JOIN res_partner r ON r.id = s.partner_id
     WHERE s.count_source = 'inventory'
       AND EXISTS (SELECT 1 FROM cost c WHERE c.plan_id = s.plan_id
                                          AND c.monthly + c.cyclic > 0)
       AND s.id NOT IN (SELECT subscription_id FROM counting)
"""

LEAKAGE = (
    f"WITH RECURSIVE {COMMON}, {UNMAPPED}, {SERIALS} "
    "SELECT f.id, f.kind, f.company_id, f.partner_id, f.source_id, "
    "f.source_customer_id, f.computer_id, f.other_computer_id, f.other_partner_id, "
    "f.subscription_id, f.plan_id, f.type_id, f.name, f.since, f.computers, "
    "f.serial, f.other_name, f.other_customer, "
    "round(f.value, o.decimals) AS value, f.estimated, o.currency_id "
    f"FROM ({ROWS}) AS f JOIN company o ON o.id = f.company_id"
)
