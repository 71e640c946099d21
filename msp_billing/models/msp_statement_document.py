from datetime import datetime
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools.misc import formatLang

from ..engine.dunning import age_of

# The columns of what is open by its age: up to so many days after the due date.
AGES = (0, 30, 60, 90)


class MspStatementDocument(models.AbstractModel):
    """What stands on a statement of account: values for its PDF and its mail."""

    _name = "msp.statement.document"
    _description = "Statement of Account"

    # === BUSINESS METHODS === #
    @api.model
    def _values(self, partner, day=None, since=None):
        """Return the values of the statement of a customer in the current company.

        :param partner: ``res.partner``, read with the rights of who asks
        :param date day: as of which it is stated; today where nothing is said
        :param datetime since: of the last statement, in UTC; payments that were
            matched since are listed. A month where nothing is said
        :raises UserError: for a customer that has never got a bill
        :rtype: dict
        """
        partner = partner.commercial_partner_id
        partner.check_access("read")
        company = self.env.company.sudo()
        day = day or company._msp_today()
        # The bills were found without sudo: all that stands on them may be read.
        bills = partner._msp_statement_bills().sudo()
        Document = self.env["msp.bill.document"]
        rows = [self._row(move, day) for move in bills]
        rows += [self._credit_row(line) for line in self._unmatched(partner, company)]
        totals = self._totals(rows)
        start = since or datetime.combine(day, datetime.min.time()) - relativedelta(
            months=1
        )
        return {
            **self._frame(company, partner),
            "facts": self._facts(partner, day, totals),
            "day": Document._day(day),
            "rows": rows,
            "totals": totals,
            "age_names": self._age_names(),
            "since": Document._day(company._msp_day(start)),
            "payments": self._payments(partner, company, start),
            "bank": self._bank(bills),
            "is_open": any(bill.move_type == "out_invoice" for bill in bills),
            "fingerprint": self._fingerprint(rows),
        }

    @api.model
    def _frame(self, company, partner):
        """Return what every statement of the company has around its figures."""
        Document = self.env["msp.bill.document"]
        style = Document._style(company)
        return {
            "company": company,
            "partner": partner,
            "style": style,
            "css": Document._css(style),
            "logo": Document._logo(company),
            "company_lines": self._company_lines(company),
            "sender": Document._sender(company),
            "recipient": Document._recipient(partner),
            "footer": Document._footer(company),
        }

    @api.model
    def _fingerprint(self, rows):
        """Return what is open as a text: another one, another statement."""
        return ";".join(f"{row['key']}={row['residual']:.6f}" for row in rows)

    # === LETTERHEAD === #
    @api.model
    def _company_lines(self, company):
        Document = self.env["msp.bill.document"]
        if not company.is_company_details_empty:
            return []
        names = [company.name] if Document._logo(company) else []
        return [*names, *Document._address(company.partner_id)]

    @api.model
    def _facts(self, partner, day, totals):
        facts = [
            (self.env._("Date"), self.env["msp.bill.document"]._day(day)),
            (self.env._("Customer No."), partner.ref),
            *((self.env._("Balance"), total["open"]) for total in totals),
        ]
        return [fact for fact in facts if fact[1]]

    # === WHAT IS OPEN === #
    @api.model
    def _row(self, move, day):
        """Return an open bill or credit note; what we owe is negative."""
        is_refund = move.move_type == "out_refund"
        sign = -1 if is_refund else 1
        due = move.invoice_date_due
        late = 0 if is_refund else max((day - due).days, 0)
        return {
            "key": f"{move._name},{move.id}",
            "name": move.name,
            "url": move.get_base_url() + move.get_portal_url(),
            "date": self._day(move.invoice_date),
            "due": "" if is_refund else self._day(due),
            "state": "overdue" if late else "open",
            "status": self._status(move, is_refund, late),
            "currency": move.currency_id,
            "total": self._money(sign * move.amount_total, move.currency_id),
            "residual": sign * move.amount_residual,
            "open": self._money(sign * move.amount_residual, move.currency_id),
            "age": 0 if is_refund else age_of(late, AGES),
            "is_late": bool(late),
        }

    @api.model
    def _status(self, move, is_refund, late):
        if is_refund:
            return self.env._("Credit")
        if move.msp_disputed or move.payment_state == "blocked":
            return self.env._("In question")
        if late == 1:
            return self.env._("Overdue since yesterday")
        if late:
            return self.env._("Overdue for %(days)s days", days=late)
        return self.env._("Not yet due")

    @api.model
    def _unmatched(self, partner, company):
        """Return what the customer has paid and nobody has matched to a bill yet."""
        lines = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "child_of", partner.id),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("move_id.move_type", "=", "entry"),
                    ("reconciled", "=", False),
                    ("amount_residual", "<", 0),
                ],
                order="date, id",
            )
        )
        return lines.filtered(lambda line: line.payment_id or line.statement_line_id)

    @api.model
    def _credit_row(self, line):
        currency = line.currency_id
        return {
            "key": f"{line._name},{line.id}",
            "name": self.env._("Payment"),
            "url": "",
            "date": self._day(line.date),
            "due": "",
            "state": "paid",
            "status": self.env._("Received, not yet matched to a bill"),
            "currency": currency,
            "total": self._money(line.amount_currency, currency),
            "residual": line.amount_residual_currency,
            "open": self._money(line.amount_residual_currency, currency),
            "age": 0,
            "is_late": False,
        }

    @api.model
    def _totals(self, rows):
        """Return the sums of each currency, with what is open by its age."""
        totals = []
        for currency in {row["currency"]: None for row in rows}:
            own = [row for row in rows if row["currency"] == currency]
            ages = dict.fromkeys((0, *range(1, len(AGES) + 1)), 0.0)
            for row in own:
                ages[row["age"]] += row["residual"]
            late = sum(row["residual"] for row in own if row["is_late"])
            totals.append(
                {
                    "currency": currency.name,
                    "open": self._money(sum(ages.values()), currency),
                    "overdue": ""
                    if currency.is_zero(late)
                    else self._money(late, currency),
                    "ages": [self._money(amount, currency) for amount in ages.values()],
                }
            )
        return totals

    @api.model
    def _age_names(self):
        """Return the heads of the columns by age, the first not due yet."""
        names = [self.env._("Not yet due")]
        for first, last in pairwise(AGES):
            names.append(
                self.env._("%(first)s to %(last)s days", first=first + 1, last=last)
            )
        return [*names, self.env._("Over %(days)s days", days=AGES[-1])]

    # === WHAT WAS PAID === #
    @api.model
    def _payments(self, partner, company, since):
        """Return what was matched to bills since a moment, by when it was matched.

        A payment that is entered later with an earlier date is left out of none.
        """
        partials = (
            self.env["account.partial.reconcile"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("create_date", ">", since),
                    ("debit_move_id.move_id.msp_run_id", "!=", False),
                    (
                        "debit_move_id.move_id.commercial_partner_id",
                        "=",
                        partner.id,
                    ),
                ],
                order="id",
            )
        )
        exchange = company.currency_exchange_journal_id
        return [
            self._payment(partial)
            for partial in partials
            if partial.credit_move_id.journal_id != exchange
        ]

    @api.model
    def _payment(self, partial):
        bill, other = partial.debit_move_id.move_id, partial.credit_move_id
        text = self.env._("Payment of %(bill)s", bill=bill.name)
        if other.move_id.move_type == "out_refund":
            text = self.env._(
                "%(credit)s taken off %(bill)s",
                credit=other.move_id.name,
                bill=bill.name,
            )
        return {
            "date": self._day(other.date),
            "text": text,
            "amount": self._money(
                partial.debit_amount_currency, partial.debit_currency_id
            ),
        }

    @api.model
    def _bank(self, bills):
        """Return the account to pay to, as on the bill that is due first."""
        owed = bills.filtered(lambda bill: bill.move_type == "out_invoice")
        bank = owed[:1].partner_bank_id
        facts = [
            (self.env._("Account"), bank.acc_number),
            (self.env._("BIC"), bank.bank_bic),
            (self.env._("Bank"), bank.bank_name),
        ]
        return [fact for fact in facts if fact[1]]

    # === FORMATS === #
    @api.model
    def _day(self, day):
        return self.env["msp.bill.document"]._day(day)

    @api.model
    def _money(self, amount, currency):
        return formatLang(self.env, amount, currency_obj=currency)
