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
    """What happens some days before or after the due date of an open bill."""

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
        default=7,
        aggregator=None,
        help="Days after the due date; before it: negative.",
    )
    offset = fields.Integer(
        string="Number of Days",
        compute="_compute_offset",
        inverse="_inverse_offset",
        aggregator=None,
    )
    moment = fields.Selection(
        selection=[
            ("before", "days before the due date"),
            ("after", "days after the due date"),
        ],
        compute="_compute_moment",
        inverse="_inverse_moment",
    )
    send_mail = fields.Boolean(string="Send a Mail", default=True)
    make_activity = fields.Boolean(
        string="Make an Activity",
        help="A to-do for the responsible person: the salesperson, or else a billing "
        "manager.",
    )
    activity_summary = fields.Char(
        string="What to Do",
        translate=True,
        default=lambda self: self.env._("Call the customer"),
    )
    suspend = fields.Boolean(
        string="Mark as Suspended",
        help="The subscriptions on the bill are marked as suspended. It is a mark for "
        "your people: billing goes on. It is taken back by itself when nothing is "
        "overdue any more.",
    )
    summary = fields.Char(string="What Happens", compute="_compute_summary")
    subject = fields.Char(
        translate=True,
        default=lambda self: self.env._("Reminder: bill {number}"),
    )
    body = fields.Text(
        string="Text",
        translate=True,
        help="Plain text. {customer}, {company}, {number}, {date}, {amount} and "
        "{due_date} are replaced; {amount} is what is still to be paid. A box with "
        "the bill's figures and a button to the bill follow below.",
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        domain=[("model", "=", "msp.delivery")],
        ondelete="restrict",
        help="Empty: the subject and the text of this step.",
    )
    delivery_ids = fields.One2many(
        comodel_name="msp.delivery", inverse_name="step", readonly=True
    )

    _days_check = models.Constraint(
        "CHECK (days BETWEEN -365 AND 3650)",
        "A reminder goes out at most 365 days before and 3650 days after the due date.",
    )
    _acts_check = models.Constraint(
        "CHECK (send_mail OR make_activity OR suspend)",
        "A step must do something: send a mail, make an activity, or suspend.",
    )

    # === COMPUTE METHODS === #
    # Each of its own: writing one of them must not hide the other.
    @api.depends("days")
    def _compute_offset(self):
        for step in self:
            step.offset = abs(step.days)

    @api.depends("days")
    def _compute_moment(self):
        for step in self:
            step.moment = "before" if step.days < 0 else "after"

    def _inverse_offset(self):
        for step in self:
            step.days = abs(step.offset) * (-1 if step.moment == "before" else 1)

    def _inverse_moment(self):
        for step in self:
            step.days = abs(step.days) * (-1 if step.moment == "before" else 1)

    @api.depends("days", "send_mail", "make_activity", "suspend")
    @api.depends_context("lang")
    def _compute_summary(self):
        for step in self:
            acts = [
                step.send_mail and self.env._("mail"),
                step.make_activity and self.env._("activity"),
                step.suspend and self.env._("suspend"),
            ]
            step.summary = self.env._(
                "%(day)s: %(acts)s",
                day=step._day_text(),
                acts=", ".join(filter(None, acts)),
            )

    def _day_text(self):
        """Return when the step comes, as people say it."""
        days = self.days
        if not days:
            return self.env._("On the due date")
        if days == 1:
            return self.env._("The day after the due date")
        if days == -1:
            return self.env._("The day before the due date")
        if days < 0:
            return self.env._("%(days)s days before the due date", days=-days)
        return self.env._("%(days)s days after the due date", days=days)

    # === CONSTRAINT METHODS === #
    @api.constrains("send_mail", "subject", "body", "mail_template_id")
    def _check_mail(self):
        for step in self:
            has_text = step.mail_template_id or (step.subject and step.body)
            if step.send_mail and not has_text:
                raise ValidationError(
                    self.env._(
                        "%(step)s sends a mail: enter its subject and its text.",
                        step=step.name,
                    )
                )

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

    # === ACTION METHODS === #
    def action_edit_mail(self):
        """Open the e-mail template by which this step's mails are made."""
        self.ensure_one()
        template = self.mail_template_id or self.env.ref(
            "msp_billing.mail_template_reminder"
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mail Template"),
            "res_model": "mail.template",
            "res_id": template.id,
            "views": [
                (self.env.ref("msp_billing.msp_mail_template_view_form").id, "form")
            ],
        }

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
