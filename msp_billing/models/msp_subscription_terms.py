from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.errors import EngineError
from ..tools.emails import split_addresses
from ..tools.worked_out import is_ours, wanted

# Once a cycle is billed these explain it and stay; Change ends the subscription and
# associates a new one.
FIXED_FIELDS = frozenset(
    {
        "plan_id",
        "partner_id",
        "company_id",
        "date_start",
        "billing_cycle",
        "anchor_day",
        "anchor_month",
        "timing",
        "proration",
        "count_source",
        "include_sites",
    }
)
# Counted from the billed cycles: who could write them would leave days out.
COUNTED_FIELDS = frozenset({"billed_until", "next_bill_date"})
# Set by the runs: who could write it would leave corrections out.
SCHEDULED_FIELDS = frozenset({"next_correction_date"})
# What may be agreed, both included: named here before the database refuses it.
BOUNDS = {
    "discount": (0, 100),
    "due_days": (0, 3650),
    "anchor_day": (0, 31),
    "contracted_quantity": (0, 1_000_000),
    "minimum_quantity": (0, 1_000_000),
}
OVERLAP_FIELDS = frozenset({"plan_id", "partner_id", "date_start", "date_end"})


class MspSubscription(models.Model):
    """What may be agreed, and what stays once it is billed."""

    _inherit = "msp.subscription"

    # === CONSTRAINT METHODS === #
    @api.constrains(
        "date_start", "date_end", "billing_cycle", "anchor_day", "anchor_month"
    )
    def _check_calendar(self):
        for subscription in self:
            try:
                subscription._calendar()
            except EngineError as error:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s: %(reason)s",
                        subscription=subscription.display_name,
                        reason=str(error),
                    )
                ) from error

    @api.constrains("plan_id", "billing_cycle")
    def _check_weekly_prices(self):
        for subscription in self.filtered(lambda s: s.billing_cycle == "weekly"):
            prices = subscription.plan_id.price_ids.filtered(
                lambda price: price.price_period != "cycle"
            )
            plan = subscription.plan_id
            if prices or plan.minimum_amount or plan.minimum_next:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s is billed weekly, but %(price)s is a price "
                        "per month. Set its price per billing cycle, or choose "
                        "another billing cycle.",
                        subscription=subscription.display_name,
                        price=prices[:1].name or self.env._("the plan's minimum"),
                    )
                )

    @api.constrains("contracted_quantity", "minimum_quantity", "plan_id")
    def _check_quantities(self):
        for subscription in self:
            if not (subscription.contracted_quantity or subscription.minimum_quantity):
                continue
            counted = subscription.plan_id.price_ids.filtered(
                lambda price: price.price_model != "flat"
            )
            chains = counted - counted.replaces_id
            if len(chains) != 1:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s: an agreed or minimum quantity on the "
                        "subscription needs a plan with exactly one counted price; "
                        "%(plan)s has %(count)s. Set it per price under Exceptions.",
                        subscription=subscription.display_name,
                        plan=subscription.plan_id.display_name,
                        count=len(chains),
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [
            self._add_missing_default_values(self._normalize(vals))
            for vals in vals_list
        ]
        for vals in vals_list:
            self._refuse_counted(vals)
            customer = self.env["res.partner"].browse(vals.get("partner_id"))
            proposed = self.new({"partner_id": customer.id}).bill_email
            vals["bill_email"] = vals.get("bill_email") or proposed
            self._require_bill_email(vals, customer)
        self._refuse_overlaps(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        vals = self._normalize(vals)
        self._require_bill_email(vals, self.partner_id)
        self._refuse_counted(vals)
        self._refuse_fixed(vals)
        if OVERLAP_FIELDS & vals.keys():
            self._refuse_overlaps(
                [{**subscription._overlap_vals(), **vals} for subscription in self]
            )
        if "date_end" not in vals:
            return super().write(vals)
        self._refuse_end_in_billed_days(fields.Date.to_date(vals["date_end"]))
        result = super().write(vals)
        self._end_moved()
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_billed(self):
        for subscription in self:
            if subscription.sudo().cycle_ids.filtered(
                lambda cycle: cycle.state in ("billed", "voided")
            ):
                raise UserError(
                    self.env._(
                        "%(subscription)s is on bills and stays. Dissociate it "
                        "instead.",
                        subscription=subscription.display_name,
                    )
                )
        self.sudo().cycle_ids._discard()

    # === BUSINESS METHODS === #
    @api.model
    def _normalize(self, vals):
        """Return values in their stored form; a month may be given as a number.

        :raises ValidationError: naming what is no e-mail address
        """
        vals = dict(vals)
        self._refuse_out_of_bounds(vals)
        if vals.get("anchor_month"):
            vals["anchor_month"] = str(vals["anchor_month"])
        if not vals.get("bill_email"):
            return vals
        valid, invalid = split_addresses(vals["bill_email"])
        if invalid or not valid:
            raise ValidationError(
                self.env._(
                    "%(addresses)s is no e-mail address. Write addresses like "
                    "name@example.com, separated by commas.",
                    addresses=", ".join(invalid) or vals["bill_email"],
                )
            )
        vals["bill_email"] = ", ".join(valid)
        return vals

    @api.model
    def _refuse_out_of_bounds(self, vals):
        for name in BOUNDS.keys() & vals.keys():
            low, high = BOUNDS[name]
            # Written so that a NaN, which is no number, does not pass.
            if not low <= (vals[name] or 0) <= high:
                raise ValidationError(
                    self.env._(
                        "%(field)s: %(value)s is not between %(low)s and %(high)s.",
                        field=self.fields_get([name], ["string"])[name]["string"],
                        value=vals[name],
                        low=low,
                        high=high,
                    )
                )

    @api.model
    def _require_bill_email(self, vals, customers):
        """Refuse an empty address: the bill could not be sent."""
        if "bill_email" in vals and customers and not vals["bill_email"]:
            raise ValidationError(
                self.env._(
                    "%(customer)s has no e-mail address. Enter the address that "
                    "the bill goes to.",
                    customer=customers[:1].display_name,
                )
            )

    @api.model
    def _refuse_counted(self, vals):
        scheduled = wanted(self, vals, SCHEDULED_FIELDS) and not is_ours(self.env)
        if COUNTED_FIELDS & vals.keys() or scheduled:
            raise UserError(
                self.env._(
                    "Until when a subscription is billed and when it is due is worked "
                    "out from its billing cycles."
                )
            )

    def _refuse_fixed(self, vals):
        """Refuse to change what explains billed cycles."""
        changing = FIXED_FIELDS & vals.keys()
        if not changing:
            return
        for subscription in self:
            fixed = [
                name
                for name in changing
                if subscription._fields[name].convert_to_write(
                    subscription[name], subscription
                )
                != subscription._fields[name].convert_to_write(
                    subscription._fields[name].convert_to_record(
                        subscription._fields[name].convert_to_cache(
                            vals[name], subscription
                        ),
                        subscription,
                    ),
                    subscription,
                )
            ]
            if fixed and subscription._is_billed():
                labels = self.fields_get(fixed, ["string"])
                raise UserError(
                    self.env._(
                        "%(subscription)s has been billed: %(fields)s cannot change. "
                        "Dissociate it on a day and associate a new one from that day.",
                        subscription=subscription.display_name,
                        fields=", ".join(labels[name]["string"] for name in fixed),
                    )
                )

    def _is_billed(self):
        self.ensure_one()
        return bool(
            self.env["msp.billing.cycle"]
            .sudo()
            .search_count(
                [("subscription_id", "=", self.id), ("state", "=", "billed")], limit=1
            )
        )
