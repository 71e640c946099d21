"""The SQL that counts the computers of cycles."""

# The parameters, column by column.
SCOPE = (
    *("s_cycle", "s_partner", "s_company", "s_from", "s_to"),
    *("s_start", "s_uniques"),
)
COVERED = ("c_cycle", "c_cover", "c_type", "c_end", "c_peaks", "c_uniques")

# Counts per cycle and cover, which is a set of types that a price covers. ``stay`` adds
# up equal days, so that what follows works on few rows. Peaks and different computers
# are only looked for where a price asks.
#
# Three kinds of rows come out and are put together by who reads them, since the planner
# cannot know how many there are, and would join them in the slowest way:
# (cycle, cover, computer days, at the end, stays, None), (cycle, cover, None, peak,
# None, its first day), (cycle, cover, None, None, stays that a computer is counted too
# often by, None).
MEASURE = """
    WITH scope(cycle_id, partner_id, company_id, d0, d1, start, uniques) AS (
        SELECT * FROM unnest(%(s_cycle)s::int[], %(s_partner)s::int[],
                             %(s_company)s::int[], %(s_from)s::date[],
                             %(s_to)s::date[], %(s_start)s::date[],
                             %(s_uniques)s::bool[])
    ),
    covered(cycle_id, cover, type_id, date_end, peaks, uniques) AS (
        SELECT * FROM unnest(%(c_cycle)s::int[], %(c_cover)s::int[],
                             %(c_type)s::int[], %(c_end)s::date[],
                             %(c_peaks)s::bool[], %(c_uniques)s::bool[])
    ),
    present AS MATERIALIZED (
        SELECT s.cycle_id, p.type_id, p.computer_id,
               GREATEST(p.date_from, s.d0) AS f, LEAST(p.date_to, s.d1) AS t,
               s.uniques AND GREATEST(p.date_from, s.d0) > s.start AS late
          FROM scope s
          JOIN msp_computer_period p
            ON p.partner_id = s.partner_id
           AND p.company_id = s.company_id
           AND p.date_from < s.d1
           AND (p.date_to IS NULL OR p.date_to > s.d0)
    ),
    stay AS MATERIALIZED (
        SELECT cycle_id, type_id, f, t, COUNT(*) AS n
          FROM present GROUP BY cycle_id, type_id, f, t
    ),
    counted AS MATERIALIZED (
        SELECT c.cycle_id, c.cover, c.date_end, c.peaks, s.f, s.t, s.n
          FROM stay s JOIN covered c USING (cycle_id, type_id)
    ),
    level AS (
        SELECT cycle_id, cover, day,
               SUM(SUM(change)) OVER (PARTITION BY cycle_id, cover ORDER BY day) AS n
          FROM (SELECT cycle_id, cover, f AS day, n AS change
                  FROM counted WHERE peaks
                UNION ALL
                SELECT cycle_id, cover, t, -n FROM counted WHERE peaks) AS both_ends
         GROUP BY cycle_id, cover, day
    ),
    -- At most one stay of a computer covers the first day: only a computer with a stay
    -- that begins later can have several.
    later AS MATERIALIZED (
        SELECT DISTINCT cycle_id, computer_id FROM present WHERE late
    ),
    several AS MATERIALIZED (
        SELECT p.cycle_id, p.computer_id, p.type_id
          FROM present p JOIN later USING (cycle_id, computer_id)
    )
    SELECT cycle_id, cover, SUM(n * (t - f))::bigint,
           COALESCE(SUM(n) FILTER (WHERE t = date_end), 0)::bigint,
           SUM(n)::bigint, NULL::date
      FROM counted GROUP BY cycle_id, cover
    UNION ALL
    (SELECT DISTINCT ON (cycle_id, cover)
            cycle_id, cover, NULL, n::bigint, NULL, day
       FROM level ORDER BY cycle_id, cover, n DESC, day)
    UNION ALL
    SELECT c.cycle_id, c.cover, NULL, NULL,
           COUNT(*) - COUNT(DISTINCT s.computer_id), NULL
      FROM several s JOIN covered c USING (cycle_id, type_id)
     WHERE c.uniques
     GROUP BY c.cycle_id, c.cover
"""
