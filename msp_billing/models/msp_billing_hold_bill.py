from odoo import api, models

from ..tools.memo import remembering


class MspBillingCycle(models.Model):
    """Held for its bill: where it goes, and how it is booked.

    What makes no invoice is not held for it. Each check first looks for what is wrong
    in the whole batch; mostly there is nothing, and no cycle is looked at.
    """

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _with_bill(self):
        """Return the cycles with a charge that stands on an invoice."""
        return self.env["msp.bill.builder"]._billable(self).cycle_id

    def _payers(self):
        """Return to whom each of these cycles is billed."""
        Builder = self.env["msp.bill.builder"]
        return {
            cycle: cycle.subscription_id.bill_to_id
            if cycle.kind == "regular"
            else Builder._payer(cycle)
            for cycle in self
        }

    # === CHECKS === #
    def _hold_address(self):
        payers = self._payers()
        missing = {
            payer: names
            for payer in set(payers.values())
            if (names := self._missing_address(payer))
        }
        if not missing:
            return {}
        return {
            cycle: (
                "address",
                self.env._(
                    "%(customer)s, who gets the bill, has no %(missing)s. Complete the "
                    "address.",
                    customer=payers[cycle].display_name,
                    missing=", ".join(missing[payers[cycle]]),
                ),
            )
            for cycle in self._with_bill()
            if payers[cycle] in missing
        }

    @api.model
    def _missing_address(self, payer):
        """Return what an address lacks, as people call it."""
        return [
            name
            for name, value in (
                (self.env._("street"), payer.street),
                (self.env._("city"), payer.city),
                (self.env._("country"), payer.country_id),
            )
            if not value
        ]

    def _hold_accounts(self):
        """Odoo posts nothing on an archived account, and guesses without one."""
        # Remembered, or Odoo would look for the fiscal position of each customer.
        Builder = remembering(self.env["msp.bill.builder"])
        company, payers = self.company_id, self._payers()
        Builder._warm(self)
        fiscal = {
            payer: Builder._fiscal_position(payer, company)[1]
            for payer in set(payers.values())
        }
        wrong = {
            (product, position): text
            for position in set(fiscal.values())
            for product in self.charge_ids.product_id
            if (text := self._wrong_income(product, company, position))
        }
        owing = {
            payer: text
            for payer, position in fiscal.items()
            if (text := self._wrong_receivable(payer, company, position))
        }
        if not wrong and not owing:
            return {}
        held = {}
        for cycle in self._with_bill():
            payer = payers[cycle]
            products = Builder._billable(cycle).product_id
            texts = (wrong.get((product, fiscal[payer])) for product in products)
            if text := owing.get(payer) or next(filter(None, texts), None):
                held[cycle] = ("account", text)
        return held

    @api.model
    def _wrong_income(self, product, company, position):
        """Return what is wrong with the income account of a product, or nothing."""
        found = product.sudo().with_company(company)._get_product_accounts()["income"]
        booked = position.sudo().map_account(found)
        account = booked or company._msp_sales_journal().sudo().default_account_id
        if not account:
            return self.env._(
                "%(product)s has no income account. Choose one on the product, its "
                "category or the journal.",
                product=product.display_name,
            )
        if account.active:
            return None
        if booked != found:
            return self._archived_by_position(account, company, position)
        return self.env._(
            "Income account %(account)s of %(product)s is archived. Restore it, or "
            "choose another one on the product or its category.",
            account=self._account_name(account, company),
            product=product.display_name,
        )

    @api.model
    def _archived_by_position(self, account, company, position):
        return self.env._(
            "Account %(account)s, which fiscal position %(position)s books on, is "
            "archived. Restore it, or choose another one in the fiscal position.",
            account=self._account_name(account, company),
            position=position.sudo().display_name,
        )

    @api.model
    def _account_name(self, account, company):
        """Return the number and the name of an account."""
        own = account.with_company(company)
        return " ".join(filter(None, (own.code, own.name)))

    @api.model
    def _wrong_receivable(self, payer, company, position):
        """Return what is wrong with the receivable account of a payer, or nothing."""
        owner = payer.commercial_partner_id.sudo().with_company(company)
        found = (
            owner.property_account_receivable_id
            or company.partner_id.sudo()
            .with_company(company)
            .property_account_receivable_id
        )
        account = position.sudo().map_account(found)
        if not account:
            return self.env._(
                "%(customer)s has no receivable account. Choose one on the customer.",
                customer=owner.display_name,
            )
        if account.active:
            return None
        if account != found:
            return self._archived_by_position(account, company, position)
        return self.env._(
            "Receivable account %(account)s of %(customer)s is archived. Restore it, "
            "or choose another one on the customer.",
            account=self._account_name(account, company),
            customer=owner.display_name,
        )

    def _hold_rate(self):
        """Without a rate Odoo would post a foreign currency one to one."""
        missing = self._currencies_without_rate()
        if not missing:
            return {}
        return {
            cycle: (
                "no_rate",
                self.env._(
                    "Currency %(currency)s has no exchange rate. Enter one.",
                    currency=cycle.currency_id.name,
                ),
            )
            for cycle in self
            if (cycle.currency_id, cycle.company_id) in missing
        }

    @api.model
    def _has_rate(self, currency, company, day):
        return bool(
            self.env["res.currency.rate"].search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", (False, company.root_id.id)),
                    ("name", "<=", day),
                ],
                limit=1,
            )
        )

    def _currencies_without_rate(self):
        foreign = {
            (cycle.currency_id, cycle.company_id): cycle.run_id.date
            for cycle in self
            if cycle.currency_id != cycle.company_id.currency_id
        }
        return {
            key
            for key, day in foreign.items()
            if not self._has_rate(key[0], key[1], day)
        }

    def _hold_locked(self):
        """In a locked period Odoo would book on another day without a word."""
        company, day = self.company_id, self.run_id.date
        journal = company._msp_sales_journal().sudo()
        locks = company._get_violated_lock_dates(day, True, journal)
        if not locks:
            return {}
        always = company._get_violated_lock_dates(day, False, journal)
        cycles = self._with_bill()
        if not always:
            cycles = cycles.filtered(lambda cycle: cycle.charge_ids.product_id.taxes_id)
        text = self.env._(
            "Nothing can be booked on %(day)s: %(locks)s. Bill with a later date, open "
            "the period, or release it: Odoo then books it on the first open day.",
            day=self._format_day(day),
            locks=company.sudo()._format_lock_dates(locks),
        )
        return dict.fromkeys(cycles, ("locked", text))
