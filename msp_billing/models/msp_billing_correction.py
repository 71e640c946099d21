from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from odoo import api, models

from ..engine.adjustment import Billed, difference
from ..engine.money import ZERO, to_decimal
from ..engine.price import Price, Tier
from ..engine.rating import Terms, minimum_charge, rate


class MspBillingCycle(models.Model):
    """Corrections: billed cycles are rated again with the history of today.

    Prices, discount and agreed quantities are those stored on the billed cycle. What
    differs from all that was billed for it so far is charged.
    """

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    @api.model
    def _correct(self, subscriptions, run):
        """Return the correction cycles of subscriptions for a run, with their charges.

        A subscription without differences has none. Extra charges that no regular
        cycle can take any more go with them.
        """
        due = subscriptions.filtered(
            lambda sub: (
                sub.next_correction_date and sub.next_correction_date <= run.date
            )
        )
        cycles = self._open_corrections(due, run)
        cycles._clear()
        origins = self._origins(due, run)
        if origins:
            origins._charge_differences(
                {cycle.subscription_id: cycle for cycle in cycles}
            )
        cycles._charge_last_extras()
        empty = cycles.filtered(lambda cycle: not cycle.charge_ids)
        empty._discard()
        cycles -= empty
        if cycles:
            cycles._store_results()
        return cycles

    @api.model
    def _open_corrections(self, subscriptions, run):
        """Return a correction cycle for each subscription on its correction day."""
        existing = self.search(
            [
                ("subscription_id", "in", subscriptions.ids),
                ("kind", "=", "correction"),
                ("state", "in", ("due", "held", "failed")),
            ]
        ).grouped("subscription_id")
        cycles, missing = self.browse(), []
        for subscription in subscriptions:
            day = subscription._calendar().correction_day(run.date)
            found = existing.get(subscription, self.browse())
            same = found.filtered(lambda cycle, day=day: cycle.date_start == day)
            (found - same)._discard()
            cycles |= same
            if not same and not subscription._is_corrected(day):
                missing.append(
                    {
                        "subscription_id": subscription.id,
                        "kind": "correction",
                        "date_start": day,
                        "date_end": day,
                    }
                )
        cycles |= self.create(missing)
        cycles.write({"run_id": run.id})
        return cycles

    # === RATING AGAIN === #
    def _charge_differences(self, corrections):
        """Create the charges that lead from what was billed to what is rated now.

        :param dict corrections: subscription -> its correction cycle
        """
        origins = self.filtered(lambda cycle: cycle.subscription_id in corrections)
        prices = {cycle: cycle._billed_prices() for cycle in origins}
        spans = {cycle: cycle._served() for cycle in origins}
        served = origins.filtered(lambda cycle: not spans[cycle].is_empty)
        usages = self.env["msp.usage"]._measure(served, prices, spans)
        changed = {}
        for origin in origins:
            billed = origin._billed_lines()
            cycle = corrections[origin.subscription_id]
            for price, lines, count in origin._differences(
                billed, prices[origin], spans[origin], usages
            ):
                changed[origin, price] = cycle._create_corrections(
                    origin, price, lines, count
                )
        self._store_changed_evidence(changed, prices, spans, usages)

    def _differences(self, billed, prices, span, usages):
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
        ids = [int(price_id) for price_id in self.terms["prices"]]
        return self.env["msp.service.plan.price"].browse(ids)

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
        """Return all that was billed for a cycle so far, by price, in its order.

        Minimum charges are under the empty price.
        """
        charges = self.env["msp.charge"].search(
            [
                ("kind", "in", ("recurring", "minimum", "adjustment", "credit")),
                ("cycle_id.state", "=", "billed"),
                "|",
                ("cycle_id", "=", self.id),
                ("origin_cycle_id", "=", self.id),
            ],
            order="id",
        )
        lines = defaultdict(list)
        for charge in charges:
            lines[charge.price_id].append(
                Billed(
                    quantity=to_decimal(charge.quantity),
                    unit_price=to_decimal(charge.unit_price),
                    discount=to_decimal(charge.discount) or ZERO,
                    tier=charge.tier if charge.tier >= 0 else None,
                )
            )
        return lines

    # === CHARGES === #
    def _create_corrections(self, origin, price, lines, count):
        """Create the charges of this correction cycle for a price of a billed cycle."""
        subscription = self.subscription_id
        cut = subscription.date_end and subscription.date_end < origin.date_end
        product = price._get_product() if price else self.plan_id.product_id
        sequence = len(self.charge_ids)
        return self.env["msp.charge"].create(
            [
                {
                    **self._prepare_charge(line),
                    "kind": "credit" if cut else "adjustment",
                    "origin_cycle_id": origin.id,
                    "price_id": price.id,
                    "product_id": (product or self.company_id.msp_product_id).id,
                    "counted": float(count),
                    "sequence": sequence + number,
                    "name": origin._correction_text(price, cut),
                }
                for number, line in enumerate(lines, 1)
            ]
        )

    def _correction_text(self, price, cut):
        """Return what the customer reads on the line of a correction."""
        lang = self._customer_lang()
        translated = self.with_context(lang=lang)
        what = price.with_context(lang=lang).name or translated.env._("Minimum")
        period = translated._format_period(lang)
        if cut:
            return translated.env._(
                "Credit: %(what)s, %(period)s, ended on %(end)s",
                what=what,
                period=period,
                end=self._format_day(self.subscription_id.date_end, lang),
            )
        return translated.env._(
            "Correction: %(what)s, %(period)s", what=what, period=period
        )

    def _store_changed_evidence(self, changed, prices, spans, usages):
        """Store the computers that made a difference, on the first charge of it."""
        Evidence = self.env["msp.charge.computer"]
        # Each once, however many of its prices differ: else its days count twice.
        counted = {origin for origin, price in changed if price}
        origins = self.filtered(
            lambda cycle: cycle in counted and not spans[cycle].is_empty
        )
        charges = {
            (origin.id, price.id): charge[:1]
            for (origin, price), charge in changed.items()
            if price
        }
        rows = self.env["msp.usage"]._read_evidence(
            origins, prices, charges, usages, spans
        )
        now = defaultdict(dict)
        for row in rows:
            now[row[1]][row[2]] = row
        vals_list = []
        for (origin, price), created in changed.items():
            if price:
                charge = created[:1]
                before = origin._evidence_before(price, charge)
                vals = charge._changed_rows(before, now[charge.id])
                charge._name_computers(vals)
                vals_list += vals
        Evidence.create(vals_list)

    def _evidence_before(self, price, charge):
        """Return the newest stored evidence of each computer for a price of a cycle."""
        rows = self.env["msp.charge.computer"].search(
            [
                ("charge_id.price_id", "=", price.id),
                ("charge_id", "!=", charge.id),
                ("cycle_id.state", "=", "billed"),
                "|",
                ("charge_id.cycle_id", "=", self.id),
                ("charge_id.origin_cycle_id", "=", self.id),
            ],
            order="id",
        )
        return {row.computer_id.id: row for row in rows}
