from odoo import api, models

from ..tools.names import natural

# Names of computers in a row by the length of the longest: they stand at tab stops.
COLUMNS = ((17, 4), (24, 3), (38, 2))
# What the paper holds, about, in millimetres: lines, totals and annex.
FIRST_PAGE, NEXT_PAGE, TOTALS_HEIGHT = 150, 235, 45
STATUS_ORDER = ("counted", "included", "excluded")


class MspBillDocument(models.AbstractModel):
    """The annex of a bill: the computers behind its charges.

    Computers of the same site, type and days stand together under one line, so that
    what is special about a computer is seen at once, and a page holds hundreds.
    """

    _inherit = "msp.bill.document"

    # === BUSINESS METHODS === #
    @api.model
    def _annex(self, move):
        """Return the sections of the annex: subscriptions, charges, groups, names.

        :rtype: list[dict]
        """
        Evidence = self.env["msp.charge.computer"]
        rows = Evidence.search([("cycle_id", "in", move.msp_cycle_ids.ids)])
        by_cycle = rows.grouped("cycle_id")
        cycles = move.msp_cycle_ids.filtered(by_cycle.get).sorted(
            lambda cycle: (
                cycle.partner_id.display_name or "",
                cycle.plan_id.sequence,
                cycle.subscription_id.id,
                cycle.date_start,
            )
        )
        return [
            {
                "name": self.env["msp.bill.builder"]._section_name(subscription),
                "charges": [
                    self._annex_charge(cycle, charge, entries)
                    for cycle in own
                    for charge, entries in self._by_charge(by_cycle[cycle])
                ],
                "not_covered": self._not_covered(own.evidence_ids),
                "own_subscription": self._own_subscription(own.evidence_ids),
            }
            for subscription, own in cycles.grouped("subscription_id").items()
            if any(
                entry.reason != "agreed"
                and entry.charge_id.price_id.price_model != "flat"
                for entry in own.evidence_ids
            )
        ]

    @api.model
    def _by_charge(self, rows):
        """Return pairs of a charge and its computers, in the order of the charges.

        A flat price counts none: its computers explain nothing.
        """
        charged = rows.filtered(
            lambda entry: (
                entry.charge_id and entry.charge_id.price_id.price_model != "flat"
            )
        ).grouped("charge_id")
        return sorted(charged.items(), key=lambda pair: (pair[0].sequence, pair[0].id))

    @api.model
    def _not_covered(self, rows):
        """Return how many computers are of types that the plan has no price for.

        They are no part of the service: a number is enough on paper, the workbook of
        the consolidated bill names them.
        """
        others = rows.filtered(lambda entry: entry.reason == "no_price")
        counts = sorted(
            (kind.name or "", len(own.computer_id))
            for kind, own in others.grouped("type_id").items()
        )
        return ", ".join(f"{count} × {name}" for name, count in counts)

    @api.model
    def _own_subscription(self, rows):
        """Return how many computers of which sites are on the site's own lines."""
        others = rows.filtered(lambda entry: entry.reason == "own_subscription")
        counts = sorted(
            (site.name or "", len(own.computer_id))
            for site, own in others.grouped("partner_id").items()
        )
        return " · ".join(f"{name} {count}" for name, count in counts)

    @api.model
    def _annex_charge(self, cycle, charge, entries):
        groups = entries.grouped(
            lambda entry: (
                STATUS_ORDER.index(entry.status),
                entry.reason or "",
                entry.partner_id.name or "",
                entry.type_id.name or "",
                entry.date_from,
                entry.date_to,
                entry.days,
            )
        )
        sites = entries.partner_id
        name = charge._tier_name()
        if charge.origin_cycle_id:
            cycle = charge.origin_cycle_id
            name = self.env._("Correction of %(price)s", price=name)
        return {
            "name": name,
            "period": cycle._format_period(),
            "count": self._count_text(entries),
            "groups": [
                self._annex_group(cycle, groups[key], len(sites) > 1)
                for key in sorted(groups, key=lambda key: (*key[:4], -key[6], *key[4:]))
            ],
        }

    @api.model
    def _count_text(self, entries):
        counted = len(entries.filtered(lambda entry: entry.status == "counted"))
        others = len(entries) - counted
        text = (
            self.env._("1 computer")
            if counted == 1
            else self.env._("%(count)s computers", count=counted)
        )
        if not others:
            return text
        return self.env._(
            "%(computers)s, %(others)s not charged", computers=text, others=others
        )

    @api.model
    def _annex_group(self, cycle, entries, with_site):
        first = entries[:1]
        names = sorted(
            (" ".join((entry.name or "").split()) for entry in entries), key=natural
        )
        longest = max(map(len, names))
        columns = next((count for limit, count in COLUMNS if longest <= limit), 1)
        return {
            "label": self._group_label(cycle, first, with_site),
            "is_charged": first.status == "counted",
            "columns": columns,
            "names": "\n".join(
                "\t".join(names[start : start + columns])
                for start in range(0, len(names), columns)
            ),
        }

    @api.model
    def _group_label(self, cycle, entry, with_site):
        reasons = dict(entry._fields["reason"]._description_selection(self.env))
        parts = (
            reasons.get(entry.reason),
            entry.partner_id.name if with_site else "",
            entry.type_id.name,
            self._days_text(cycle, entry),
        )
        return " · ".join(part for part in parts if part)

    @api.model
    def _days_text(self, cycle, entry):
        if not entry.days:
            # A correction: it was billed, and was not there.
            return ""
        if entry.days == 1:
            return self.env._("%(date)s, 1 day", date=self._day(entry.date_from))
        if entry.days == (cycle.date_end - cycle.date_start).days:
            return self.env._("all %(days)s days", days=entry.days)
        return self.env._(
            "%(period)s, %(days)s days",
            period=self._span_text(entry.date_from, entry.date_to),
            days=entry.days,
        )

    @api.model
    def _fits(self, rows, annex, changes, account=None):
        """Say whether the annex likely finds room below the totals, on their page.

        An estimate in millimetres; when it is wrong the annex goes on on the next page.
        """
        used = TOTALS_HEIGHT + sum(8 + 4 * len(row.get("details", "x")) for row in rows)
        used += self._changes_height(changes) + self._account_height(account)
        if used > FIRST_PAGE:
            room = NEXT_PAGE - (used - FIRST_PAGE) % NEXT_PAGE
        else:
            room = FIRST_PAGE - used
        return self._annex_height(annex) < room

    @api.model
    def _annex_height(self, annex):
        charges = [charge for section in annex for charge in section["charges"]]
        groups = [group for charge in charges for group in charge["groups"]]
        names = sum(1 + group["names"].count("\n") for group in groups)
        return 20 + 12 * len(annex) + 8 * len(charges) + 6 * len(groups) + 4.5 * names
