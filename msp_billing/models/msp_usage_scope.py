from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import OPEN_END, Span, subtract


class MspUsage(models.AbstractModel):
    """Whose computers count for which subscription: the customer and its sites."""

    _inherit = "msp.usage"

    # === SCOPE === #
    @api.model
    def _scope(self, spans):
        """Return whose days count for which subscription: sites and their days.

        The contacts below a customer count with it on each day on which neither they
        nor a nearer parent have the same plan.

        :param dict spans: key -> (subscription, ``Span``)
        :return: rows (key, partner id, first day, first day after)
        :rtype: list[tuple]
        """
        return self._site_days(spans)[0]

    @api.model
    def _site_days(self, spans):
        """Return the rows of ``_scope``, and those of the days that it leaves out.

        Left out are the days of sites that they, or a nearer parent, have the plan
        themselves.

        :param dict spans: key -> (subscription, ``Span``)
        :return: two lists of rows (key, partner id, first day, first day after)
        :rtype: tuple[list[tuple], list[tuple]]
        """
        subscriptions = self.env["msp.subscription"].union(
            *(subscription for subscription, _span in spans.values())
        )
        trees = self._sites(subscriptions.filtered("include_sites").partner_id)
        others = self._nearer(subscriptions, trees)
        rows, left_out = [], []
        for key, (subscription, span) in spans.items():
            root = subscription.partner_id.id
            sites = trees.get(root, {}) if subscription.include_sites else {}
            taken = {root: []}
            rows.append((key, root, span.start, span.end))
            for site, parent in sites.items():
                own = others.get((subscription.plan_id.id, site), [])
                taken[site] = taken[parent] + own
                own_days = subtract(span, taken[site])
                for days, pieces in (
                    (rows, own_days),
                    (left_out, subtract(span, own_days) if taken[site] else ()),
                ):
                    days += [(key, site, piece.start, piece.end) for piece in pieces]
        return rows, left_out

    @api.model
    def _sites(self, customers):
        """Return for each customer its contacts with their parents, parents first.

        :rtype: dict[int, dict[int, int]]
        """
        trees = defaultdict(dict)
        for root, site, parent in self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE tree(root, id, parent_id, depth) AS (
                    SELECT parent_id, id, parent_id, 1 FROM res_partner
                     WHERE parent_id = ANY(%s)
                    UNION ALL
                    SELECT t.root, p.id, p.parent_id, t.depth + 1
                      FROM tree t JOIN res_partner p ON p.parent_id = t.id
                     WHERE t.depth < 20
                )
                SELECT root, id, parent_id FROM tree ORDER BY root, depth, id
                """,
                list(customers.ids),
            )
        ):
            trees[root][site] = parent
        return trees

    @api.model
    def _nearer(self, subscriptions, trees):
        """Return the days on which sites have a plan of their own.

        :rtype: dict[tuple[int, int], list[Span]]
        """
        sites = {site for tree in trees.values() for site in tree}
        if not sites:
            return {}
        spans = defaultdict(list)
        for other in self.env["msp.subscription"].search(
            [
                ("plan_id", "in", subscriptions.plan_id.ids),
                ("partner_id", "in", list(sites)),
            ]
        ):
            spans[other.plan_id.id, other.partner_id.id].append(
                Span(other.date_start, other.date_end or OPEN_END)
            )
        return spans
