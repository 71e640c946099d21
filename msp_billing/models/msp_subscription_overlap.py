from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.span import OPEN_END


class MspSubscription(models.Model):
    """A customer has a plan once on a day: said before the database refuses it."""

    _inherit = "msp.subscription"

    # === BUSINESS METHODS === #
    def _overlap_vals(self):
        self.ensure_one()
        return {
            "plan_id": self.plan_id.id,
            "partner_id": self.partner_id.id,
            "date_start": self.date_start,
            "date_end": self.date_end,
        }

    def _refuse_overlaps(self, vals_list):
        """Name the other subscription before the database refuses the overlap.

        Called before the rows are written: the database checks each at once.
        """
        taken = defaultdict(list)
        for other in self.sudo().search(
            [
                ("id", "not in", self.ids),
                ("plan_id", "in", [vals.get("plan_id") for vals in vals_list]),
                ("partner_id", "in", [vals.get("partner_id") for vals in vals_list]),
            ]
        ):
            span = (other.date_start, other.date_end or OPEN_END)
            taken[other.plan_id.id, other.partner_id.id].append(span)
        for vals in vals_list:
            start = fields.Date.to_date(vals.get("date_start"))
            end = fields.Date.to_date(vals.get("date_end")) or OPEN_END
            if start and end <= start:
                raise ValidationError(self._ends_too_early_message(vals, start, end))
            key = vals.get("plan_id"), vals.get("partner_id")
            for first, last in taken[key] if start else ():
                if start < last and first < end:
                    raise ValidationError(self._overlap_message(*key, first, last))
            taken[key].append((start, end))

    @api.model
    def _ends_too_early_message(self, vals, start, end):
        return self.env._(
            "%(customer)s: the end %(end)s is not after the start %(start)s. Choose a "
            "later end.",
            customer=self.env["res.partner"].browse(vals["partner_id"]).display_name,
            start=start,
            end=end,
        )

    @api.model
    def _overlap_message(self, plan_id, partner_id, first, last):
        return self.env._(
            "%(customer)s has plan %(plan)s already, from %(start)s to %(end)s. "
            "Dissociate it first, or choose other dates.",
            customer=self.env["res.partner"].browse(partner_id).display_name,
            plan=self.env["msp.service.plan"].browse(plan_id).display_name,
            start=first,
            end=self.env._("no end") if last == OPEN_END else last,
        )
