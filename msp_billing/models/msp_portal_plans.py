from odoo import api, fields, models
from odoo.tools import format_amount
from odoo.tools.misc import formatLang

STATE_ORDER = ("active", "upcoming", "ended")


class MspPortal(models.AbstractModel):
    """The plans of a customer, their prices in words, and their bills."""

    _inherit = "msp.portal"

    # === PLANS === #
    @api.model
    def _subscriptions(self, domain=()):
        """Return the customer's subscriptions, running ones first, as superuser."""
        found = (
            self.env["msp.subscription"].sudo().search([*self._own_domain(), *domain])
        )
        return found.sorted(lambda sub: STATE_ORDER.index(sub.state))

    @api.model
    def _count_plans(self):
        Subscription = self.env["msp.subscription"].sudo()
        return Subscription.search_count(self._own_domain())

    @api.model
    def _plans(self, subscriptions):
        """Return what the list of plans shows, a dict for each subscription.

        :rtype: list[dict]
        """
        states = dict(self._selection(subscriptions, "state"))
        cycles = dict(self._selection(subscriptions, "billing_cycle"))
        return [
            {
                "id": subscription.id,
                "name": subscription.plan_id.name,
                "site": self._site_name(subscription.partner_id),
                "costs": [price["cost"] for price in self._prices(subscription)],
                "cycle": cycles[subscription.billing_cycle],
                "next_bill": self._day(subscription.next_bill_date),
                "state": subscription.state,
                "state_name": states[subscription.state],
            }
            for subscription in subscriptions
        ]

    @api.model
    def _selection(self, records, name):
        return records._fields[name]._description_selection(self.env)

    @api.model
    def _plan(self, subscription):
        """Return what the page of a plan shows.

        :rtype: dict
        """
        [values] = self._plans(subscription)
        term = subscription.payment_term_id
        last = subscription.date_end and fields.Date.subtract(
            subscription.date_end, days=1
        )
        timings = dict(self._selection(subscription, "timing"))
        due = self.env._("%(days)s days after the bill", days=subscription.due_days)
        if not subscription.due_days:
            due = self.env._("On the day of the bill")
        facts = [
            (self.env._("For"), subscription.partner_id.name),
            (self.env._("Since"), self._day(subscription.date_start)),
            (self.env._("Last day"), self._day(last)),
            (self.env._("Billing cycle"), values["cycle"]),
            (self.env._("Billed"), timings[subscription.timing]),
            (self.env._("Next bill"), values["next_bill"]),
            (self.env._("Payment"), term.name if term else due),
            (self.env._("Bills go to"), subscription.bill_email),
            (self.env._("Discount"), self._discount(subscription)),
        ]
        return {
            **values,
            "facts": [fact for fact in facts if fact[1]],
            "computers": subscription.computer_count
            if subscription.count_source == "inventory"
            else None,
            "prices": self._prices(subscription),
            "minimum": self._minimum(subscription),
        }

    @api.model
    def _discount(self, subscription):
        if not subscription.discount:
            return ""
        return f"{self._number(subscription.discount)} %"

    @api.model
    def _minimum(self, subscription):
        plan = subscription.plan_id
        if not plan.minimum_amount:
            return ""
        return self.env._(
            "At least %(amount)s per month are charged.",
            amount=format_amount(self.env, plan.minimum_amount, plan.currency_id),
        )

    # === PRICES === #
    @api.model
    def _prices(self, subscription):
        """Return the prices that hold for a subscription today, in words.

        A price that begins later is the company's to announce.

        :return: dicts with name, cost, counting, types
        :rtype: list[dict]
        """
        day = max(self._today(), subscription.date_start)
        if subscription.date_end:
            day = min(day, fields.Date.subtract(subscription.date_end, days=1))
        overrides = {
            override.price_id: override for override in subscription.price_override_ids
        }
        known = subscription.plan_id.price_ids
        prices = known._in_force(day).with_prefetch(known._prefetch_ids)
        return [
            {
                "name": price.name,
                "types": self._types(price),
                "cost": self._cost(
                    price, overrides.get(self._agreed(price, overrides))
                ),
                "counting": self._counting(price, subscription, overrides),
            }
            for price in prices
        ]

    @api.model
    def _types(self, price):
        """Return the types that pay a price, where its name does not say so."""
        types = ", ".join(price.computer_type_ids.mapped("name"))
        return "" if types.lower() in price.name.lower() else types

    @api.model
    def _agreed(self, price, overrides):
        """Return the price that an agreed exception names: it passes on to the next."""
        while price and price not in overrides:
            price = price.replaces_id
        return price

    @api.model
    def _cost(self, price, override):
        """Return what a price costs, as a sentence without a full stop."""
        amount = price.unit_price
        if override:
            amount = override._effective("unit_price", amount)
        if price.price_model in ("volume", "graduated"):
            return self._tier_cost(price)
        values = {"price": price._format_price(amount)}
        monthly = price.price_period == "month"
        if price.price_model == "flat":
            if monthly:
                return self.env._("%(price)s per month", **values)
            return self.env._("%(price)s per billing cycle", **values)
        if price.price_model == "package":
            values["size"] = price.package_size
            if monthly:
                return self.env._(
                    "%(price)s per begun block of %(size)s computers per month",
                    **values,
                )
            return self.env._(
                "%(price)s per begun block of %(size)s computers per billing cycle",
                **values,
            )
        if monthly:
            return self.env._("%(price)s per computer per month", **values)
        return self.env._("%(price)s per computer per billing cycle", **values)

    @api.model
    def _tier_cost(self, price):
        tiers = price.tier_ids.sorted("from_quantity")
        monthly = price.price_period == "month"
        parts = []
        for tier in tiers:
            values = {
                "price": price._format_price(tier.unit_price),
                "start": self._number(tier.from_quantity),
            }
            if not tier.from_quantity and monthly:
                part = self.env._("%(price)s per computer per month", **values)
            elif not tier.from_quantity:
                part = self.env._("%(price)s per computer per billing cycle", **values)
            elif price.price_model == "volume":
                part = self.env._(
                    "%(price)s for all of them from %(start)s computers on", **values
                )
            else:
                part = self.env._(
                    "%(price)s for those above %(start)s computers", **values
                )
            parts.append(part)
        return "; ".join(parts)

    @api.model
    def _counting(self, price, subscription, overrides):
        """Return how a price counts, as sentences."""
        if price.price_model == "flat":
            return self.env._("The same whatever is counted.")
        override = overrides.get(self._agreed(price, overrides))
        basis = price.usage_basis
        if subscription.count_source == "contracted":
            basis = "contracted"
        bases = {
            "end": self.env._("Counted on the last day of the billing cycle."),
            "peak": self.env._("The highest count of a day in the billing cycle."),
            "average": self.env._("Each computer pays for its days in the cycle."),
            "unique": self.env._("Each computer that was there on at least one day."),
            "contracted": self.env._("The quantity agreed, whatever is counted."),
        }
        minimum = subscription.minimum_quantity or price.minimum_quantity
        agreed = subscription.contracted_quantity
        if override:
            minimum = override._effective("minimum_quantity", minimum)
            agreed = override._effective("contracted_quantity", agreed)
        sentences = [bases[basis]]
        if basis == "contracted" and agreed:
            sentences.append(
                self.env._("Agreed: %(quantity)s.", quantity=self._number(agreed))
            )
        if price.included_quantity:
            included = self._number(price.included_quantity)
            sentences.append(
                self.env._("The first %(quantity)s are included.", quantity=included)
            )
        if minimum:
            sentences.append(
                self.env._("At least %(quantity)s.", quantity=self._number(minimum))
            )
        if price.maximum_quantity:
            maximum = self._number(price.maximum_quantity)
            sentences.append(self.env._("At most %(quantity)s.", quantity=maximum))
        return " ".join(sentences)

    @api.model
    def _number(self, value):
        """Return a number with as many decimals as it has."""
        digits = len(f"{value:.2f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, value, digits=digits)

    # === BILLS === #
    @api.model
    def _plan_bills(self, subscription):
        """Return the bills of a subscription that the signed-in user may read.

        Its bills may go to somebody else: Odoo's rules for invoices decide.

        :rtype: list[dict]
        """
        cycles = subscription.cycle_ids.filtered("move_id")
        Move = self.env["account.move"].sudo(False)
        readable = Move.search(
            [("id", "in", cycles.move_id.ids), ("state", "=", "posted")],
            order="invoice_date desc, id desc",
        ).sudo()
        document = self.env["msp.bill.document"]
        periods = {
            move: own.filtered(lambda cycle: cycle.kind == "regular")
            for move, own in cycles.grouped("move_id").items()
        }
        return [
            {
                "move": move,
                # With its token, as everywhere: Odoo's payment page asks for it.
                "url": move.get_portal_url(),
                "period": ", ".join(
                    document._span_text(cycle.date_start, cycle.date_end)
                    for cycle in periods[move].sorted("date_start")
                ),
            }
            for move in readable
        ]
