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
    def _cycle_days(self, cycles, spans):
        """Return what ``_site_days`` returns, by cycle id; billed cycles keep sites.

        :param dict spans: cycle -> ``Span``
        """
        return self._site_days(
            {cycle.id: (cycle.subscription_id, spans[cycle]) for cycle in cycles},
            {cycle.id: cycle._billed_sites() for cycle in cycles},
        )

    @api.model
    def _site_days(self, spans, billed=None):
        """Return the rows of ``_scope``, and those of the days that it leaves out.

        Left out are the days of sites that they, or a nearer parent, have the plan
        themselves.

        :param dict spans: key -> (subscription, ``Span``)
        :param dict billed: key -> the sites as they were billed (see ``_sites_now``)
        :return: two lists of rows (key, partner id, first day, first day after)
        :rtype: tuple[list[tuple], list[tuple]]
        """
        subscriptions = self.env["msp.subscription"].union(
            *(subscription for subscription, _span in spans.values())
        )
        today = self._sites(subscriptions.filtered("include_sites").partner_id)
        trees = {
            key: self._tree(subscription, today, billed and billed[key])
            for key, (subscription, _span) in spans.items()
        }
        others = self._nearer(subscriptions, trees)
        rows, left_out = [], []
        for key, (subscription, span) in spans.items():
            root = subscription.partner_id.id
            taken = {root: []}
            rows.append((key, root, span.start, span.end))
            for site, parent in trees[key].items():
                own = others.get((subscription.plan_id.id, site), [])
                # The parent may have been merged with another contact since.
                taken[site] = taken.get(parent, []) + own
                own_days = subtract(span, taken[site])
                for days, pieces in (
                    (rows, own_days),
                    (left_out, subtract(span, own_days) if taken[site] else ()),
                ):
                    days += [(key, site, piece.start, piece.end) for piece in pieces]
        return rows, left_out

    @api.model
    def _tree(self, subscription, today, billed):
        """Return the sites of a subscription with their parents, parents first.

        A contact has no history of its parents. Those of a billed cycle stay, or a
        contact that moves would re-rate the past; contacts made since come to them.

        :param dict today: customer id -> its sites of today
        :param dict billed: the sites as they were billed, or nothing
        :rtype: dict[int, int]
        """
        if not subscription.include_sites:
            return {}
        root = subscription.partner_id.id
        now = today.get(root, {})
        if not billed:
            return now
        tree = dict(billed["tree"])
        for site, parent in now.items():
            if site > billed["newest"] and (parent == root or parent in tree):
                tree[site] = parent
        return tree

    @api.model
    def _sites_now(self, cycles):
        """Return what cycles keep of the contacts below their customers.

        :return: cycle -> ``{"tree": [[site, parent], ...], "newest": contact}``, the
            newest being the last contact that there is; None without sites
        :rtype: dict
        """
        counted = cycles.filtered(lambda cycle: cycle.subscription_id.include_sites)
        trees = self._sites(counted.partner_id)
        [(newest,)] = self.env.execute_query(SQL("SELECT MAX(id) FROM res_partner"))
        sites = dict.fromkeys(cycles)
        for cycle in counted:
            tree = trees.get(cycle.partner_id.id, {})
            sites[cycle] = {"tree": [*map(list, tree.items())], "newest": newest}
        return sites

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

        :param dict trees: key -> sites with their parents
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
