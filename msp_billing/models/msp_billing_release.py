from odoo import fields, models
from odoo.exceptions import UserError

# The code of a cycle that waits for an earlier one: nobody can release it alone.
BEHIND = "behind"
HOLD_CODES = [
    ("missed", "Missed cycles"),
    (BEHIND, "Waits for an earlier one"),
    ("no_price", "No price"),
    ("no_quantity", "No agreed quantity"),
    ("archived", "Something is archived"),
    ("no_product", "No service product"),
    ("account", "No usable account"),
    ("no_rate", "No exchange rate"),
    ("address", "Incomplete address"),
    ("unreported", "Nothing was ever reported"),
    ("stale", "Stale source"),
    ("jump", "The count jumped"),
    ("locked", "Lock date"),
]


class MspBillingCycle(models.Model):
    """Why a cycle is held, and letting it go all the same."""

    _inherit = "msp.billing.cycle"

    # === FIELDS === #
    hold_code = fields.Selection(
        selection=HOLD_CODES,
        string="Why Held",
        readonly=True,
        index="btree_not_null",
        help="What holds it back. The reason says what to do.",
    )
    released_code = fields.Char(
        readonly=True, help="The reasons that hold it no more, separated by commas."
    )
    release_note = fields.Char(readonly=True)

    # === ACTION METHODS === #
    def action_release(self, note):
        """Bill held cycles all the same with the next run.

        The reason that is released does not hold these cycles again; another one does.
        The oldest of a subscription is released first, or all together.

        :param str note: why, kept on the cycle
        :raises UserError: without a note, when a cycle is not held or failed, or when
            an earlier one of its subscription stays held
        """
        self.check_access("read")
        self._require_manager()
        if not (note or "").strip():
            raise UserError(self.env._("Write a note: why may this be billed?"))
        for cycle in self.sudo():
            if cycle.state not in ("held", "failed"):
                raise UserError(
                    self.env._("%(cycle)s is not held.", cycle=cycle.display_name)
                )
            cycle._refuse_behind(self)
            cycle.write(
                {
                    "state": "due",
                    "released_code": cycle._codes_with_this(),
                    "release_note": note.strip(),
                    "hold_code": False,
                    "attempts": 0,
                    "next_try": False,
                    "reason": False,
                }
            )
        return True

    def action_retry(self):
        """Let the next run try held and failed cycles again, once they are mended."""
        self.check_access("read")
        self._require_manager()
        cycles = self.sudo().filtered(lambda cycle: cycle.state in ("held", "failed"))
        cycles.write(
            {
                "state": "due",
                "hold_code": False,
                "attempts": 0,
                "next_try": False,
                "reason": False,
            }
        )
        return True

    # === BUSINESS METHODS === #
    def _require_manager(self):
        if not self.env.user.has_group("msp_billing.group_msp_billing_manager"):
            raise UserError(
                self.env._("Only a billing manager can release or retry cycles.")
            )

    def _refuse_behind(self, released):
        """Refuse to release a cycle while one before it stays held.

        :param released: the cycles that are released together
        """
        for cycle in self.subscription_id.cycle_ids.sorted("date_start"):
            if (
                cycle.kind == "regular"
                and cycle.state == "held"
                and cycle.date_start < self.date_start
                and cycle not in released
            ):
                raise UserError(
                    self.env._(
                        "%(cycle)s cannot be released before %(period)s, which is held "
                        "too: the oldest is billed first. Release or mend that one, or "
                        "release both.",
                        cycle=self.display_name,
                        period=cycle._format_period(),
                    )
                )

    def _released_codes(self):
        """Return the reasons that hold this cycle no more."""
        self.ensure_one()
        return set((self.released_code or "").split(",")) - {""}

    def _codes_with_this(self):
        """Return what is released, the reason of now included.

        To wait behind another cycle is no reason of its own.
        """
        codes = self._released_codes()
        if self.state == "held":
            codes |= {self.hold_code} - {BEHIND}
        return ",".join(sorted(codes)) or False
