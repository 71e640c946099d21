import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What a text may name. It is replaced, never evaluated.
PLACEHOLDERS = {
    "customer": "customer",
    "company": "company_name",
    "number": "number",
    "date": "date",
    "amount": "residual",
    "due_date": "due_date",
}
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


class MspReminderStep(models.Model):
    """A notice some days before or after the due date of a bill."""

    _name = "msp.reminder.step"
    _description = "Reminder Step"
    _order = "days, sequence, id"
    _check_company_auto = True

    # === FIELDS === #
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, aggregator=None)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: every company."
    )
    days = fields.Integer(
        required=True,
        aggregator=None,
        help="Days after the due date; before it: negative.",
    )
    subject = fields.Char(
        required=True,
        translate=True,
        default=lambda self: self.env._("Reminder: bill {number}"),
    )
    body = fields.Text(
        string="Text",
        required=True,
        translate=True,
        help="Plain text. {customer}, {company}, {number}, {date}, {amount} and "
        "{due_date} are replaced; {amount} is what is still to be paid. A box with "
        "the bill's figures and a button to the bill follow below.",
    )
    delivery_ids = fields.One2many(
        comodel_name="msp.delivery", inverse_name="step", readonly=True
    )

    _days_check = models.Constraint(
        "CHECK (days BETWEEN -365 AND 3650)",
        "A reminder goes out at most 365 days before and 3650 days after the due date.",
    )

    # === CONSTRAINT METHODS === #
    @api.constrains("subject", "body")
    def _check_placeholders(self):
        for step in self:
            for text in (step.subject, step.body):
                unknown = set(_PLACEHOLDER.findall(text or "")) - set(PLACEHOLDERS)
                if unknown:
                    raise ValidationError(
                        self.env._(
                            "%(step)s: {%(unknown)s} is not known. Use %(known)s.",
                            step=step.name,
                            unknown=min(unknown),
                            known=", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
                        )
                    )

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=True)
    def _unlink_except_used(self):
        for step in self:
            if step.sudo().delivery_ids:
                raise UserError(
                    self.env._(
                        "%(step)s was sent to customers and stays. Archive it instead.",
                        step=step.name,
                    )
                )

    # === BUSINESS METHODS === #
    @api.model
    def _of_company(self, company):
        """Return the steps that apply in a company: its own and those of all."""
        return self.search([("company_id", "in", (False, company.id))])

    def _fill_in(self, field, values):
        """Return a text of this step with the values of a bill in it.

        What a value holds is not looked at again: a customer may be named ``{amount}``.

        :param str field: ``subject`` or ``body``
        :param dict values: texts, as a delivery prepares them for its mail
        :rtype: str
        """
        self.ensure_one()
        return _PLACEHOLDER.sub(
            lambda found: str(values.get(PLACEHOLDERS.get(found[1]), found[0])),
            self[field] or "",
        )
