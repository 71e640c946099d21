from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_amount
from odoo.tools.misc import formatLang

from ..tools.days import day_text

# Computers named on paper under one heading; the workbook names all.
NAMED_ON_PAPER = 30


class MspBillChange(models.AbstractModel):
    """What changed since the last bill, in words."""

    _inherit = "msp.bill.change"

    # === BUSINESS METHODS === #
    @api.model
    def _headline(self, change):
        """Return by how much a cycle differs from which one, as a sentence."""
        cycle, previous = change["cycle"], change["previous"]
        if not previous:
            return self.env._("First bill of this subscription.")
        amount, period = change["amount"], previous._format_period(self.env.lang)
        values = {
            "amount": self._money(abs(amount), cycle),
            "period": period,
            "now": self._money(cycle.amount, cycle),
            "before": self._money(previous.amount, cycle),
        }
        if cycle.currency_id.is_zero(amount):
            return self.env._("%(now)s, as much as %(period)s.", **values)
        if amount > 0:
            return self.env._(
                "%(amount)s more than %(period)s: %(now)s instead of %(before)s.",
                **values,
            )
        return self.env._(
            "%(amount)s less than %(period)s: %(now)s instead of %(before)s.", **values
        )

    @api.model
    def _summary(self, change):
        """Return how many computers came and went, for a column of a list."""
        if not change["previous"]:
            return self.env._("First bill")
        came, went = (
            len(change["computers"].get(kind, ())) for kind in ("came", "went")
        )
        parts = [f"+{came}" if came else "", f"–{went}" if went else ""]
        return " ".join(filter(None, parts)) or "="

    @api.model
    def _lines(self, change, limit=None):
        """Return what changed as lines, prices first, then computers.

        :param int limit: how many computers are named under one heading
        :rtype: list[str]
        """
        cycle = change["cycle"]
        lines = [
            self._price_line(cycle, price["name"], price["text"], price["amount"])
            for price in change["prices"]
        ]
        for kind, rows in change["computers"].items():
            lines.append(self._names_line(kind, rows, change["texts"], limit))
        return lines

    @api.model
    def _of_charge(self, change, charge):
        """Return what changed under the price of a charge, for its screen."""
        if not change["previous"]:
            return self._headline(change)
        key = self._threads(charge.price_id).get(charge.price_id.id) or charge.kind
        lines = [
            self._price_line(change["cycle"], price["name"], price["text"], amount)
            for price in change["prices"]
            if price["key"] == key
            for amount in (price["amount"],)
        ]
        rows = [row for row in change["rows"] if row.key == key]
        kinds = {
            "came": [row for row in rows if row.now and not row.before],
            "went": [row for row in rows if row.before and not row.now],
        }
        for row in rows:
            if row.before and row.now and row.kind not in ("came", "went"):
                kinds.setdefault(row.kind, []).append(row)
        lines += [
            self._names_line(kind, own, change["texts"])
            for kind, own in kinds.items()
            if own
        ]
        period = change["previous"]._format_period()
        return "\n".join(lines) or self.env._("As in %(period)s.", period=period)

    @api.model
    def _price_line(self, cycle, name, text, amount):
        signed = ""
        if not cycle.currency_id.is_zero(amount):
            sign = "+" if amount > 0 else "–"
            signed = f"{sign} {self._money(abs(amount), cycle)}"
        return self.env._(
            "%(name)s: %(text)s",
            name=name,
            text="; ".join(filter(None, (text, signed))),
        )

    @api.model
    def _names_line(self, kind, rows, texts, limit=None):
        names = [
            f"{row.name} ({texts[row.computer_id]})"
            if texts[row.computer_id]
            else row.name
            for row in rows[:limit]
        ]
        text, left = ", ".join(names), len(rows) - len(names)
        if left:
            text = self.env._("%(names)s and %(count)s more", names=text, count=left)
        label = self._kind_label(kind, len(rows))
        return self.env._("%(name)s: %(text)s", name=label, text=text)

    @api.model
    def _kind_label(self, kind, count):
        one = count == 1
        return {
            "came": (
                self.env._("+ 1 computer")
                if one
                else self.env._("+ %(count)s computers", count=count)
            ),
            "went": (
                self.env._("– 1 computer")
                if one
                else self.env._("– %(count)s computers", count=count)
            ),
            "moved": self.env._("Moved"),
            "type": self.env._("Other type"),
            "days": self.env._("Other days"),
        }[kind]

    @api.model
    def _total_line(self, changes):
        """Return the difference of a whole bill, or nothing where one line says it."""
        compared = [change for change in changes if change["previous"]]
        if len(compared) < 2:
            return ""
        cycle = compared[0]["cycle"]
        amount = sum(change["amount"] for change in compared)
        came, went = (
            sum(len(change["computers"].get(kind, ())) for change in compared)
            for kind in ("came", "went")
        )
        parts = [f"{'–' if amount < 0 else '+'} {self._money(abs(amount), cycle)}"]
        parts += [
            self._kind_label(kind, count)
            for kind, count in (("came", came), ("went", went))
            if count
        ]
        return self.env._("In total: %(changes)s.", changes=", ".join(parts))

    @api.model
    def _as_html(self, changes):
        """Return changes as a screen shows them: a paragraph and a list for each."""
        parts, total = [], self._total_line(changes)
        if total:
            parts.append(Markup("<p><strong>%s</strong></p>") % total)
        for change in changes:
            head = self._headline(change)
            if len(changes) > 1:
                name = change["cycle"].subscription_id.display_name
                parts.append(Markup("<h4>%s</h4>") % name)
            items = Markup().join(
                Markup("<li>%s</li>") % line for line in self._lines(change)
            )
            parts.append(Markup("<p>%s</p>") % head)
            if items:
                parts.append(Markup("<ul>%s</ul>") % items)
        return Markup().join(parts)

    # === WORDS === #
    @api.model
    def _computer_text(self, cycle, row, internal):
        """Return what stands behind a computer's name: since when, from where."""
        kind = row.kind
        if kind in ("moved", "type"):
            sites = (self._site(row.partner_before), self._site(row.partner_id))
            types = (self._type(row.type_before), self._type(row.type_id))
            pairs = [pair for pair in (sites, types) if pair[0] != pair[1]]
            return ", ".join(f"{before} → {now}" for before, now in pairs)
        if kind == "days":
            return self._days_text(cycle, row)
        parts = []
        if kind == "came":
            if row.since > cycle.date_start:
                parts.append(self.env._("since %(day)s", day=self._day(row.since)))
        elif row.reason not in ("above_maximum", "no_price", "agreed"):
            last = row.until - timedelta(days=1)
            parts.append(self.env._("until %(day)s", day=self._day(last)))
        parts.append(self._whereabouts(cycle, row, internal))
        return ", ".join(filter(None, parts))

    @api.model
    def _whereabouts(self, cycle, row, internal):
        if row.kind == "went" and row.reason == "above_maximum":
            return self.env._("above the maximum")
        if row.kind == "went" and row.reason in ("no_price", "agreed"):
            return self.env._("now %(type)s", type=self._type(row.type_id))
        if row.kind == "went" and row.reason == "own_subscription":
            return self.env._(
                "own subscription of %(site)s", site=self._site(row.partner_id)
            )
        other = self.env["res.partner"].sudo().browse(row.other_partner or [])
        known = internal or (
            other.commercial_partner_id == cycle.sudo().partner_id.commercial_partner_id
        )
        if not other or not known:
            return ""
        if row.kind == "came":
            return self.env._("from %(customer)s", customer=other.name)
        return self.env._("to %(customer)s", customer=other.name)

    @api.model
    def _days_text(self, cycle, row):
        previous = cycle.previous_id
        full = (cycle.date_end - cycle.date_start).days
        full_before = (previous.date_end - previous.date_start).days
        return self.env._(
            "%(days)s of %(full)s days, before %(days_before)s of %(full_before)s",
            days=row.days,
            full=full,
            days_before=row.days_before,
            full_before=full_before,
        )

    @api.model
    def _site(self, partner_id):
        return self.env["res.partner"].sudo().browse(partner_id).name or ""

    @api.model
    def _type(self, type_id):
        return self.env["msp.computer.type"].sudo().browse(type_id).name or ""

    # === FORMATS === #
    @api.model
    def _day(self, day):
        return day_text(self.env, day, year=False)

    @api.model
    def _money(self, amount, cycle):
        return format_amount(self.env, amount, cycle.currency_id)

    @api.model
    def _price(self, price, cycle):
        text = f"{price:.6f}".rstrip("0")
        digits = max(cycle.currency_id.decimal_places, len(text.partition(".")[2]))
        return formatLang(self.env, price, digits=digits)

    @api.model
    def _number(self, value):
        """Return a quantity with as many decimals as it has."""
        digits = len(f"{value:.6f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, value, digits=digits)
