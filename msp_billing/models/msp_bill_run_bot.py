from odoo import api, models
from odoo.exceptions import UserError

from ..tools.worked_out import is_ours, wanted

# What only the buttons and the bot change: a client would get round approval and date.
WORKED_OUT = {
    "state": "draft",
    "automatic": False,
    "stop_reason": False,
    "setbacks": False,
    "preview_for": False,
    "preview_reached": False,
}
# What the bot keeps of a context: by these a scheduled action knows how it goes on.
CRON_KEYS = ("cron_id", "cron_end_time", "ir_cron_progress_id")


class MspBillRun(models.Model):
    """As whom a run works, and what only its work changes."""

    _inherit = "msp.bill.run"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_worked_out(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_worked_out(vals, changed=True)
        return super().write(vals)

    # === BUSINESS METHODS === #
    @api.model
    def _refuse_worked_out(self, vals, changed=False):
        """Refuse what people must not write: its buttons change the state of a run."""
        # Defaults fill what is created, and nothing that is changed.
        values = vals if changed else wanted(self, vals, WORKED_OUT)
        refused = any(
            name in values and (changed or (values[name] or False) != default)
            for name, default in WORKED_OUT.items()
        )
        if refused and not is_ours(self.env):
            raise UserError(
                self.env._(
                    "The state of a bill run is changed by its buttons: preview, "
                    "start, approve, pause and resume."
                )
            )

    def _as_bot(self):
        """Return the runs as the bot sees them: one company, its rules, its time."""
        company = self.company_id
        company.ensure_one()
        bot = self.env.ref("msp_billing.user_bot").sudo()
        return self.with_user(bot).with_context(
            {}, **self._bot_context(company, bot.lang or "en_US")
        )

    @api.model
    def _bot_context(self, company, lang):
        """Return the whole context of the bot: nothing that a client sent is kept."""
        context = self.env.context
        return {
            **{key: context[key] for key in CRON_KEYS if key in context},
            "allowed_company_ids": [company.id],
            "lang": lang,
            "tz": company.msp_timezone,
            "tracking_disable": True,
            "mail_create_nosubscribe": True,
            # Odoo's queue mails what people are asked: a mail server that hangs must
            # not hold up the bills.
            "mail_notify_force_send": False,
        }
