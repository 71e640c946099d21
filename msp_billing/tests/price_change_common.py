from freezegun import freeze_time

from odoo.fields import Command

from .common import MspBillingCommon


class PriceChangeCommon(MspBillingCommon):
    """Short ways to preview and apply other prices."""

    @classmethod
    def _wizard(cls, plans, date, method="percent", value=10.0, **vals):
        return cls.env["msp.price.change"].create(
            {
                "plan_ids": [Command.set(plans.ids)],
                "date": date,
                "method": method,
                "value": value,
                **vals,
            }
        )

    @classmethod
    def _preview(cls, plans, date, method="percent", value=10.0, **vals):
        wizard = cls._wizard(plans, date, method, value, **vals)
        wizard.action_preview()
        return wizard

    @classmethod
    def _change(cls, plans, date, method="percent", value=10.0, **vals):
        wizard = cls._preview(plans, date, method, value, **vals)
        wizard.action_apply()
        return wizard

    def _effect(self, wizard, customer):
        return wizard.effect_ids.filtered(lambda e: e.partner_id == customer)

    def _newest(self, plan):
        return plan.price_ids - plan.price_ids.replaces_id

    def _bill_on(self, date):
        """Bill on that day: a run that lies ahead is only previewed."""
        with freeze_time(f"{date} 12:00:00"):
            return self._bill(date)

    def assertSound(self):
        """Check what was billed; mails wait, since no test sends any."""
        findings = self.env["msp.billing.cycle"]._audit()
        self.assertFalse([found for found in findings if found["code"] != "mail"])
