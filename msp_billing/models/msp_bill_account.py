from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..tools.account_sql import ACCOUNTS

LEDGER = ("account.move", "account.move.line", "account.partial.reconcile")


class CustomerAccount(NamedTuple):
    """What a customer owed before a bill, in its currency; credits are below zero."""

    last_id: int | None
    balance: float
    payments: float
    others: float

    @property
    def before(self):
        """What was open before the bill."""
        return self.balance + self.payments + self.others


class MspBillDocument(models.AbstractModel):
    """The customer's account on a bill: what was open, what was paid, what is due.

    It shows the day of the bill, as the ledger knew it when the bill was made: a bill
    that is printed again says the same, and the total of one bill is the previous
    balance of the next.
    """

    _inherit = "msp.bill.document"

    # === BUSINESS METHODS === #
    @api.model
    def _accounts(self, moves):
        """Read the accounts of customers before their bills, in one query for all.

        :param account.move moves: posted bills and credit notes
        :return: id of a move -> ``CustomerAccount``; none where nothing had happened
        :rtype: dict
        """
        for name in LEDGER:
            self.env[name].flush_model()
        rows = self.env.execute_query(SQL(ACCOUNTS, bills=moves.ids))
        return {
            bill_id: CustomerAccount(last_id, *map(float, sums))
            for bill_id, last_id, *sums in rows
        }

    @api.model
    def _account(self, move, proforma=False, accounts=None):
        """Return the box of the customer's account, or None where it says nothing.

        :param dict accounts: see :meth:`_accounts`; empty: they are read for this bill
        :return: ``title``, ``rows`` of name, detail and amount, ``total``
        :rtype: dict | None
        """
        if move.state != "posted" or proforma:
            return None
        if accounts is None:
            accounts = self._accounts(move)
        account = accounts.get(move.id)
        currency = move.currency_id
        if not account or all(map(currency.is_zero, account[1:])):
            return None
        is_refund = move.move_type == "out_refund"
        own = -move.amount_total if is_refund else move.amount_total
        rows = [
            (
                self.env._("Previous balance"),
                self._account_detail(account),
                account.balance,
            ),
            (self.env._("Payments received"), "", account.payments),
            (self.env._("Other invoices and credits"), "", account.others),
            (
                self.env._("This credit note")
                if is_refund
                else self.env._("This invoice"),
                "",
                own,
            ),
        ]
        always = (rows[0], rows[-1])
        return {
            "title": self.env._(
                "Your Account on %(date)s", date=self._day(move.invoice_date)
            ),
            "rows": [
                (name, detail, self._signed(amount, currency))
                for name, detail, amount in rows
                if (name, detail, amount) in always or not currency.is_zero(amount)
            ],
            "total": self._account_total(account.before + own, currency),
        }

    @api.model
    def _account_detail(self, account):
        """Return which bill the previous balance is the total of."""
        last = self.env["account.move"].sudo().browse(account.last_id or ())
        if not last:
            return ""
        return self.env._(
            "after %(bill)s of %(date)s",
            bill=last.name,
            date=self._day(last.invoice_date),
        )

    @api.model
    def _account_total(self, total, currency):
        """Return name and amount of the last line."""
        if currency.is_zero(total):
            return (self.env._("Nothing Is Due"), self._signed(0.0, currency))
        if total < 0:
            return (self.env._("Credit in Your Favor"), self._signed(-total, currency))
        return (self.env._("Total Due"), self._signed(total, currency))

    @api.model
    def _signed(self, amount, currency):
        """Return an amount with its currency, credits with a minus."""
        amount = currency.round(amount)
        text = formatLang(self.env, abs(amount), currency_obj=currency)
        return f"– {text}" if amount < 0 else text

    @api.model
    def _account_height(self, account):
        """Return the height of the box in millimetres, an estimate."""
        return 20 + 5 * len(account["rows"]) if account else 0
