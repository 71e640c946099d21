from datetime import date

from odoo.http import content_disposition, request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools.csv_download import csv_bytes

# A company has computers in the thousands, not more pages than this.
LAST_PAGE = 100_000
# The database refuses to look for a greater id than it can give.
LAST_ID = 2**31 - 1


def csv_response(rows, filename):
    """Return rows as a file to be saved."""
    return request.make_response(
        csv_bytes(rows),
        headers=[
            ("Content-Type", "text/csv; charset=utf-8"),
            ("Content-Disposition", content_disposition(filename)),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )


class MspCustomerPortal(CustomerPortal):
    """The plans and the computers of who is signed in."""

    # === HOME === #
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        Portal = request.env["msp.portal"]
        if "msp_plan_count" in counters:
            values["msp_plan_count"] = Portal._count_plans()
        if "msp_computer_count" in counters:
            values["msp_computer_count"] = Portal._count_computers(Portal._today())
        return values

    # === PLANS === #
    @route("/my/plans", type="http", auth="user", website=True, readonly=True)
    def portal_my_plans(self, **_kwargs):
        """Show the plans of the customer."""
        Portal = request.env["msp.portal"]
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "msp_plans",
            "plans": Portal._plans(Portal._subscriptions()),
        }
        return request.render("msp_billing.portal_my_plans", values)

    @route("/my/plans/<int:subscription_id>", type="http", auth="user", website=True)
    def portal_my_plan(self, subscription_id, **_kwargs):
        """Show a plan, its prices and its bills."""
        Portal = request.env["msp.portal"]
        subscription = subscription_id <= LAST_ID and Portal._subscriptions(
            [("id", "=", subscription_id)]
        )
        if not subscription:
            return request.redirect("/my/plans")
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "msp_plans",
            "msp_plan": Portal._plan(subscription),
            "bills": Portal._plan_bills(subscription),
        }
        return request.render("msp_billing.portal_my_plan", values)

    # === COMPUTERS === #
    @route(
        ["/my/computers", "/my/computers/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_computers(
        self, page=1, day=None, sortby="name", search="", **_kwargs
    ):
        """Show the computers of a day, and how their number went up to it."""
        Portal = request.env["msp.portal"]
        day, sortings = self._msp_day(day), self._msp_sortings()
        sortby = sortby if sortby in sortings else "name"
        search = (search or "").strip()[:100]
        asked = {"day": day.isoformat(), "sortby": sortby, "search": search}
        page = min(max(page, 1), LAST_PAGE)
        step = self._items_per_page
        computers, total = Portal._computers(
            day, search, sortby, (page - 1) * step, step
        )
        if not computers and page > 1:
            return request.redirect_query("/my/computers", asked)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "msp_computers",
            "computers": computers,
            "total": total,
            "day": day,
            "today": Portal._today(),
            "graph": Portal._count_graph(day),
            "pager": portal_pager("/my/computers", total, page, step, url_args=asked),
            "default_url": "/my/computers",
            "searchbar_sortings": sortings,
            "searchbar_inputs": {
                "name": {
                    "input": "name",
                    "label": request.env._("Name, serial"),
                }
            },
            "search_in": "name",
            "sortby": sortby,
            "search": search,
        }
        return request.render("msp_billing.portal_my_computers", values)

    @route(
        "/my/computers/download", type="http", auth="user", website=True, readonly=True
    )
    def portal_my_computers_download(self, day=None, search="", **_kwargs):
        """Return the computers of a day as a CSV file."""
        env = request.env
        day = self._msp_day(day)
        computers, _total = env["msp.portal"]._computers(day, (search or "").strip())
        head = [
            env._("Computer"),
            env._("Serial Number"),
            env._("Type"),
            env._("Site"),
            env._("Managed Since"),
        ]
        rows = [
            [own["name"], own["serial"], own["type"], own["site"], own["since"]]
            for own in computers
        ]
        return csv_response([head, *rows], f"computers-{day.isoformat()}.csv")

    def _msp_day(self, text):
        """Return the day that is asked for: today when it is none or in the future."""
        today = request.env["msp.portal"]._today()
        try:
            day = date.fromisoformat(text or "")
        except ValueError:
            return today
        return min(day, today) if day.year >= 1970 else today

    def _msp_sortings(self):
        return {
            "name": {"label": request.env._("Name")},
            "type": {"label": request.env._("Type")},
            "site": {"label": request.env._("Site")},
            "since": {"label": request.env._("Newest First")},
        }
