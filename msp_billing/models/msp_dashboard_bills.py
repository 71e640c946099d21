from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

OPEN = ("not_paid", "partial", "blocked")
PAID = ("paid", "in_payment")
# First and last day overdue of each column, None: without an end.
AGES = ((1, 30), (31, 60), (61, 90), (91, None))


class MspDashboard(models.AbstractModel):
    """The bills by what became of them, and what customers owe by its age."""

    _inherit = "msp.dashboard"

    # === BILLS === #
    @api.model
    def _bills(self, first, rates):
        """Return the bills of the months shown by state, with what is open on them."""
        self.env["account.move"].check_access("read")
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
        sums = self._bill_sums(first, rates)
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
    def _bill_sums(self, first, rates):
        """Return number, total and open amount of the bills by their state.

        Disputed ones stand among the open ones too.

        :rtype: dict[str, tuple[int, float, float]]
        """
        state = SQL(
            "CASE WHEN m.state = 'draft' THEN 'draft' "
            "WHEN m.payment_state IN %(open)s AND m.invoice_date_due < %(today)s "
            "THEN 'overdue' WHEN m.payment_state IN %(open)s THEN 'not_due' "
            "WHEN m.payment_state = 'reversed' THEN 'credited' "
            "WHEN m.payment_state IN %(paid)s THEN 'paid' END",
            open=OPEN,
            paid=PAID,
            today=self._today(),
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT %(state)s AS state, "
                "COALESCE(m.msp_disputed, FALSE) AND m.state = 'posted' "
                "AND m.payment_state IN %(open)s AS disputed, COUNT(*), "
                "SUM(m.amount_total * r.rate), SUM(m.amount_residual * r.rate) "
                "FROM account_move m JOIN %(rates)s AS r "
                "ON r.currency_id = m.currency_id "
                "WHERE m.msp_run_id IS NOT NULL AND m.move_type = 'out_invoice' "
                "AND m.company_id = ANY(%(companies)s) AND m.state != 'cancel' "
                "AND (m.invoice_date >= %(first)s OR m.state = 'draft' "
                "OR m.payment_state IN %(open)s) GROUP BY 1, 2",
                state=state,
                open=OPEN,
                rates=self._rate_table(rates),
                companies=self._companies(),
                first=first,
            )
        )
        sums = dict.fromkeys(
            ("draft", "not_due", "overdue", "paid", "credited", "disputed"),
            (0, 0.0, 0.0),
        )
        for key, disputed, *values in rows:
            for target in [key] * bool(key) + ["disputed"] * disputed:
                sums[target] = tuple(
                    have + type(have)(more or 0)
                    for have, more in zip(sums[target], values, strict=True)
                )
        return sums

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
    def _aged(self, rates):
        """Return what is open on bills and credit notes, by the days since it is due.

        With several due dates each part of a bill stands where it belongs.
        """
        self.env["account.move.line"].check_access("read")
        today, sums = self._today(), self._aged_sums(rates)
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
    def _aged_sums(self, rates):
        """Return number of bills and open amount by column.

        :rtype: dict[int, tuple[int, float]]
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT CASE WHEN l.date_maturity >= %(today)s THEN 0 "
                "WHEN l.date_maturity >= %(today)s - 30 THEN 1 "
                "WHEN l.date_maturity >= %(today)s - 60 THEN 2 "
                "WHEN l.date_maturity >= %(today)s - 90 THEN 3 ELSE 4 END, "
                "COUNT(DISTINCT m.id), SUM(l.amount_residual_currency * r.rate) "
                "FROM account_move m JOIN %(rates)s AS r "
                "ON r.currency_id = m.currency_id "
                "JOIN account_move_line l ON l.move_id = m.id "
                "WHERE m.msp_run_id IS NOT NULL AND m.state = 'posted' "
                "AND m.payment_state IN %(open)s "
                "AND m.company_id = ANY(%(companies)s) "
                "AND l.display_type = 'payment_term' "
                "AND l.amount_residual_currency != 0 GROUP BY 1",
                today=self._today(),
                rates=self._rate_table(rates),
                open=OPEN,
                companies=self._companies(),
            )
        )
        return {column: (number, float(amount)) for column, number, amount in rows}

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
