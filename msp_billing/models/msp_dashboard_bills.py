from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.dashboard_sql import OWED

OPEN = ("not_paid", "partial", "blocked")
PAID = ("paid", "in_payment")
STATES = ("draft", "not_due", "overdue", "paid", "credited", "disputed")
# First and last day overdue of each column, None: without an end.
AGES = ((1, 30), (31, 60), (61, 90), (91, None))


class MspDashboard(models.AbstractModel):
    """The bills by what became of them, and what customers owe by its age."""

    _inherit = "msp.dashboard"

    # === FIGURES === #
    @api.model
    def _owed(self, first, rates):
        """Return number, total and open amount of bills, by their state and by age.

        Disputed ones stand among the open ones too. The ages count from 0, not due.

        :return: ({state: (bills, total, open)}, {number of the age: (bills, open)})
        :rtype: tuple[dict, dict]
        """
        self.env["account.move"].check_access("read")
        self.env["account.move.line"].check_access("read")
        rows = self.env.execute_query(
            SQL(
                OWED,
                open=OPEN,
                paid=PAID,
                today=self._today(),
                first=first,
                rates=self._rate_table(rates),
                companies=self._companies(),
            )
        )
        states = dict.fromkeys(STATES, (0, 0.0, 0.0))
        ages = {}
        for state, disputed, age, number, total, open_amount in rows:
            if age is not None:
                ages[age] = (number, float(open_amount))
                continue
            for key in [state] * bool(state) + ["disputed"] * disputed:
                have = states[key]
                amounts = (have[1] + float(total), have[2] + float(open_amount))
                states[key] = (have[0] + number, *amounts)
        return states, ages

    # === BILLS === #
    @api.model
    def _bills(self, first, rates, sums):
        """Return the bills of the months shown by state, with what is open on them."""
        today = self._today()
        paid = [("state", "=", "posted"), ("payment_state", "in", PAID)]
        open_ = [("state", "=", "posted"), ("payment_state", "in", OPEN)]
        states = {
            "draft": (self.env._("Draft"), [("state", "=", "draft")]),
            "not_due": (
                self.env._("Not due yet"),
                [*open_, ("invoice_date_due", ">=", today)],
            ),
            "overdue": (
                self.env._("Overdue"),
                [*open_, ("invoice_date_due", "<", today)],
            ),
            "paid": (self.env._("Paid"), paid),
            "credited": (
                self.env._("Credited"),
                [("state", "=", "posted"), ("payment_state", "=", "reversed")],
            ),
            "disputed": (
                self.env._("Disputed"),
                [*open_, ("msp_disputed", "=", True)],
            ),
        }
        return [
            {
                "key": key,
                "label": label,
                **dict(zip(("count", "total", "open_amount"), sums[key], strict=True)),
                "open": self._open_bills(label, first, rates, domain),
            }
            for key, (label, domain) in states.items()
        ]

    @api.model
    def _open_bills(self, name, first, rates, domain):
        """Return the list of the bills of a state: open ones of any age."""
        old = any(
            leaf in domain
            for leaf in (
                ("state", "=", "draft"),
                ("payment_state", "in", OPEN),
            )
        )
        return self._open(
            "msp_bill_action",
            name,
            [
                ("msp_run_id", "!=", False),
                ("move_type", "=", "out_invoice"),
                *domain,
                *([] if old else [("invoice_date", ">=", first)]),
                *self._currency_domain(rates),
            ],
        )

    # === RECEIVABLES === #
    @api.model
    def _aged(self, rates, sums):
        """Return what is open on bills and credit notes, by the days since it is due.

        With several due dates each part of a bill stands where it belongs.
        """
        today = self._today()
        columns = [(self.env._("Not due"), None, today)]
        for least, most in AGES:
            label = (
                self.env._("%(least)s–%(most)s days", least=least, most=most)
                if most
                else self.env._("Over %(days)s days", days=least - 1)
            )
            since = today - timedelta(days=most) if most else None
            columns.append((label, since, today - timedelta(days=least)))
        result = []
        for number, (label, since, until) in enumerate(columns):
            count, amount = sums.get(number, (0, 0.0))
            result.append(
                {
                    "label": label,
                    "count": count,
                    "amount": amount,
                    "open": self._open_aged(label, number, since, until, rates),
                }
            )
        return result

    @api.model
    def _open_aged(self, label, number, since, until, rates):
        due = [["display_type", "=", "payment_term"]]
        due.append(["amount_residual_currency", "!=", 0])
        if number == 0:
            due.append(["date_maturity", ">=", str(until)])
        else:
            due.append(["date_maturity", "<=", str(until)])
            if since:
                due.append(["date_maturity", ">=", str(since)])
        return self._open(
            "msp_bill_action",
            self.env._("Open bills: %(age)s", age=label),
            [
                ("msp_run_id", "!=", False),
                ("state", "=", "posted"),
                ("payment_state", "in", OPEN),
                ["line_ids", "any", due],
                *self._currency_domain(rates),
            ],
        )
