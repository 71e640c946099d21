from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..engine.adjustment import Billed, difference
from ..engine.money import ZERO, to_decimal
from ..engine.price import Price, Tier
from ..engine.rating import Terms, minimum_charge, rate
from ..engine.span import Span

BILLED_KINDS = ("recurring", "minimum", "adjustment", "credit")


class MspBillingCycle(models.Model):
    """Billed cycles are rated again with the history of today.

    Prices, discount and agreed quantities are those stored on the billed cycle.
    """

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _differences(self, prices, spans, usages):
        """Return what leads from all that was billed for cycles to what is rated now.

        :param dict prices: cycle -> the prices that rated it
        :param dict spans: cycle -> the days of it that are served
        :param dict usages: (cycle id, price id) -> ``Usage`` of these days
        :return: rows (cycle, price, engine lines, count) of each price, and of the
            minimum under the empty price, that differs
        :rtype: list[tuple]
        """
        corrected, counts = self._corrected(), self._billed_counts()
        suspects = self.filtered(
            lambda cycle: (
                cycle in corrected
                or spans[cycle] != Span(cycle.date_start, cycle.date_end)
                or not cycle._counts_the_same(prices[cycle], counts[cycle], usages)
            )
        )
        billed = suspects._billed_lines()
        return [
            (cycle, *difference)
            for cycle in suspects
            for difference in cycle._rate_again(
                billed[cycle], prices[cycle], spans[cycle], usages
            )
        ]

    def _corrected(self):
        """Return the cycles of these for which corrections were billed."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT c.origin_cycle_id FROM msp_charge c "
                "JOIN msp_billing_cycle y ON y.id = c.cycle_id "
                "WHERE c.origin_cycle_id = ANY(%s) AND y.state = 'billed'",
                list(self.ids),
            )
        )
        return self.browse(row[0] for row in rows)

    def _billed_counts(self):
        """Return cycle -> price id -> the stored count, by one look for all."""
        counts = {cycle: {} for cycle in self}
        for cycle_id, price_id, count in self.env.execute_query(
            SQL(
                "SELECT y.id, price.key::int, price.value->>'count' "
                "FROM msp_billing_cycle y, jsonb_each(y.terms->'prices') AS price "
                "WHERE y.id = ANY(%s)",
                list(self.ids),
            )
        ):
            counts[self.browse(cycle_id)][price_id] = count
        return counts

    def _counts_the_same(self, prices, counts, usages):
        """Say whether as much is counted as was billed.

        Then the stored terms give the stored charges: there is nothing to rate.
        """
        return self.state == "billed" and all(
            price.price_model == "flat"
            or self._is_contracted(price)
            or counts[price.id]
            == str(usages[self.id, price.id].quantity(price.usage_basis))
            for price in prices
        )

    def _rate_again(self, billed, prices, span, usages):
        """Yield (price, lines, count) for each price, and the minimum, that differs."""
        step = to_decimal(self.currency_id.rounding)
        terms = self._terms_now(span)
        amounts = []
        for price in prices:
            count, rated = Fraction(0), []
            if terms:
                count = self._count_now(price, usages)
                rated = rate(self._stored_price(price), count, terms)
                amounts += [line.amount for line in rated]
            lines = difference(billed[price], rated, price.price_model, step)
            if lines:
                yield price, lines, count
        nothing = self.env["msp.service.plan.price"]
        minimum = to_decimal(self.terms["minimum_amount"])
        rated = terms and minimum and minimum_charge(minimum, terms, amounts)
        lines = difference(billed[nothing], [rated] if rated else [], "flat", step)
        if lines:
            yield nothing, lines, Fraction(0)

    def _billed_prices(self):
        """Return cycle -> the prices that rated it."""
        Price = self.env["msp.service.plan.price"]
        return {
            cycle: Price.browse(counts)
            for cycle, counts in self._billed_counts().items()
        }

    def _terms_now(self, span):
        """Return the stored terms with the factor of the days served, or nothing."""
        if span.is_empty:
            return None
        stored = self._stored_terms()
        if self.subscription_id.proration == "none":
            return stored
        days = (self.date_end - self.date_start).days
        return replace(stored, factor=stored.factor * Fraction(span.days, days))

    def _stored_terms(self):
        """Return the engine's terms as they were when the cycle was billed."""
        stored = self.terms
        return Terms(
            cycle_months=stored["cycle_months"],
            factor=Fraction(stored["factor"]),
            discount=to_decimal(stored["discount"]),
            quantity_digits=stored["quantity_digits"],
            currency_step=to_decimal(stored["currency_step"]),
        )

    def _stored_price(self, price):
        """Return the engine's price as it was when the cycle was billed."""
        stored = dict(self.terms["prices"][str(price.id)])
        for told in ("count", "usage"):
            stored.pop(told, None)
        tiers = stored.pop("tiers")
        numbers = ("unit_price", "included", "minimum", "maximum", "package_size")
        for name in numbers:
            if stored[name] is not None:
                stored[name] = to_decimal(stored[name])
        return Price(
            **stored,
            tiers=tuple(
                Tier(to_decimal(tier["from_quantity"]), to_decimal(tier["unit_price"]))
                for tier in tiers
            ),
        )

    def _count_now(self, price, usages):
        if price.price_model == "flat" or self._is_contracted(price):
            return Fraction(self.terms["prices"][str(price.id)]["count"])
        return usages[self.id, price.id].quantity(price.usage_basis)

    def _billed_lines(self):
        """Return all that was billed for cycles so far, in its order.

        :return: cycle -> price -> engine ``Billed``; minimum charges are under the
            empty price
        :rtype: dict
        """
        charges = self.env["msp.charge"].search(
            [
                ("kind", "in", BILLED_KINDS),
                ("cycle_id.state", "=", "billed"),
                "|",
                ("cycle_id", "in", self.ids),
                ("origin_cycle_id", "in", self.ids),
            ],
            order="id",
        )
        lines = {cycle: defaultdict(list) for cycle in self}
        for charge in charges:
            # A charge of a cycle of these is its own; a correction is its origin's.
            cycle = charge.origin_cycle_id or charge.cycle_id
            lines[cycle][charge.price_id].append(
                Billed(
                    quantity=to_decimal(charge.quantity),
                    unit_price=to_decimal(charge.unit_price),
                    discount=to_decimal(charge.discount) or ZERO,
                    tier=charge.tier if charge.tier >= 0 else None,
                )
            )
        return lines
