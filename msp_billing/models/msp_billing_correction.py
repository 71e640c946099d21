from collections import defaultdict

from odoo import api, models

from ..tools.rows import insert_rows


class MspBillingCycle(models.Model):
    """Corrections: what differs from all that was billed for a cycle is charged."""

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
        if not due:
            return self.browse()
        days = self._correction_days(due, run)
        waiting = self._waiting_corrections(due, days)
        origins = self._origins(due, run).filtered(
            lambda cycle: cycle.subscription_id in days
        )
        prices = origins._billed_prices()
        spans = {cycle: cycle._served() for cycle in origins}
        served = origins.filtered(lambda cycle: not spans[cycle].is_empty)
        usages = self.env["msp.usage"]._measure(served, prices, spans)
        differences = origins._differences(prices, spans, usages)
        wanted = {origin.subscription_id for origin, *_difference in differences}
        wanted.update(sub for sub in days if sub._has_last_extras(run.date))
        kept = waiting.filtered(lambda cycle: cycle.subscription_id in wanted)
        (waiting - kept)._discard()
        kept.write({"run_id": run.id})
        missing = self.env["msp.subscription"].union(*wanted) - kept.subscription_id
        cycles = kept | self._open_corrections(missing, days, run)
        changed = cycles._create_corrections(differences)
        origins._store_changed_evidence(changed, prices, spans, usages)
        cycles._charge_last_extras()
        if cycles:
            cycles._store_results()
            # To whom the originals were billed is asked for each correction.
            bills = cycles.charge_ids.origin_cycle_id.move_id
            bills.sudo().fetch(["partner_id", "msp_bill_email"])
        return cycles

    @api.model
    def _correction_days(self, subscriptions, run):
        """Return the correction days of subscriptions that are not billed yet.

        :return: subscription -> day
        :rtype: dict
        """
        days = {
            subscription: subscription._calendar().correction_day(run.date)
            for subscription in subscriptions
        }
        billed = self.search_fetch(
            [
                ("subscription_id", "in", subscriptions.ids),
                ("kind", "=", "correction"),
                ("state", "=", "billed"),
                ("date_start", "in", list(set(days.values()))),
            ],
            ["subscription_id", "date_start"],
        )
        corrected = {(cycle.subscription_id, cycle.date_start) for cycle in billed}
        return {
            subscription: day
            for subscription, day in days.items()
            if day and (subscription, day) not in corrected
        }

    @api.model
    def _waiting_corrections(self, subscriptions, days):
        """Return the correction cycles of these days that are there already, emptied.

        Those of other days are deleted: what they hold is found again.
        """
        found = self.search(
            [
                ("subscription_id", "in", subscriptions.ids),
                ("kind", "=", "correction"),
                ("state", "in", ("due", "held", "failed")),
            ]
        )
        same = found.filtered(
            lambda cycle: cycle.date_start == days.get(cycle.subscription_id)
        )
        (found - same)._discard()
        same._clear()
        return same

    @api.model
    def _open_corrections(self, subscriptions, days, run):
        """Make a correction cycle for each subscription on its correction day."""
        return insert_rows(
            self,
            [
                {
                    **self._prepare_owner(subscription, run),
                    "kind": "correction",
                    "date_start": days[subscription],
                    "date_end": days[subscription],
                }
                for subscription in subscriptions
            ],
        )

    # === CHARGES === #
    def _create_corrections(self, differences):
        """Create the charges of these correction cycles.

        :param list differences: (billed cycle, price, lines, count), see
            ``_differences``
        :return: (billed cycle, price) -> the charges of the difference
        :rtype: dict
        """
        cycles = {cycle.subscription_id: cycle for cycle in self}
        numbers = defaultdict(int)
        vals_list, keys = [], []
        for origin, price, lines, count in differences:
            cycle = cycles[origin.subscription_id]
            for line in lines:
                numbers[cycle] += 1
                keys.append((origin, price))
                vals_list.append(
                    {
                        **cycle._prepare_charge(line),
                        **cycle._prepare_correction(origin, price),
                        "counted": float(count),
                        "sequence": numbers[cycle],
                    }
                )
        changed = defaultdict(self.env["msp.charge"].browse)
        for key, charge in zip(
            keys, insert_rows(self.env["msp.charge"], vals_list), strict=True
        ):
            changed[key] |= charge
        return changed

    def _prepare_correction(self, origin, price):
        """Return what the charges of this correction of a billed cycle share."""
        end = self.subscription_id.date_end
        cut = end and end < origin.date_end
        product = price._get_product() if price else self.plan_id.product_id
        return {
            "kind": "credit" if cut else "adjustment",
            "origin_cycle_id": origin.id,
            "price_id": price.id,
            "product_id": (product or self.company_id.msp_product_id).id,
            "name": origin._correction_text(price, cut),
        }

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
        if not changed:
            return
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
        before = self.browse(cycle.id for cycle in counted)._evidence_before()
        names = self._names_of_computers(*now.values(), *before.values())
        # One look for all charges; each alone would be read alone.
        made = self.env["msp.charge"].union(*changed.values())
        made.fetch(["cycle_id", "company_id", "name"])
        vals_list = []
        for (origin, price), created in changed.items():
            if price:
                charge = created[:1]
                vals = charge._changed_rows(
                    before[origin, price], now[charge.id], names
                )
                charge._name_computers(vals)
                vals_list += vals
        insert_rows(self.env["msp.charge.computer"], vals_list)

    @api.model
    def _names_of_computers(self, *rows):
        """Return computer id -> name, of dicts by computer id."""
        ids = {computer_id for row in rows for computer_id in row}
        computers = self.env["msp.computer"].browse(sorted(ids))
        return {computer.id: computer.name for computer in computers}

    def _evidence_before(self):
        """Return the newest stored evidence behind the prices of billed cycles.

        :return: (billed cycle, price) -> computer id -> its evidence
        :rtype: dict
        """
        rows = self.env["msp.charge.computer"].search(
            [
                ("charge_id.price_id", "!=", False),
                ("cycle_id.state", "=", "billed"),
                "|",
                ("charge_id.cycle_id", "in", self.ids),
                ("charge_id.origin_cycle_id", "in", self.ids),
            ],
            order="id",
        )
        before = defaultdict(dict)
        for row in rows:
            charge = row.charge_id
            origin = charge.origin_cycle_id or charge.cycle_id
            before[origin, charge.price_id][row.computer_id.id] = row
        return before
