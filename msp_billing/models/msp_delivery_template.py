from markupsafe import Markup
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError

PARAGRAPH = Markup('<p style="margin: 0 0 12px 0;">{}</p>')
# What a template may name, beside the fields of the delivery itself.
TEXTS = {
    "mail_customer": "customer",
    "mail_number": "number",
    "mail_date": "date",
    "mail_due_date": "due_date",
    "mail_amount": "amount",
    "mail_residual": "residual",
}
OTHERS = (
    "mail_first_day",
    "mail_last_day",
    "mail_as_of",
    "mail_subject",
    "mail_text",
)


class MspDelivery(models.Model):
    """The texts of a mail come from Odoo's e-mail templates.

    A template gives subject and text; frame, figures, button and PDF are the add-on's.
    The fields below are what it may name: texts in the customer's language.
    """

    _inherit = "msp.delivery"

    # === FIELDS === #
    mail_customer = fields.Char(
        string="Name of the Customer", compute="_compute_mail_texts"
    )
    mail_number = fields.Char(string="Bill Number", compute="_compute_mail_texts")
    mail_date = fields.Char(string="Date of the Bill", compute="_compute_mail_texts")
    mail_due_date = fields.Char(string="Due Date", compute="_compute_mail_texts")
    mail_first_day = fields.Char(
        string="First Day of Service", compute="_compute_mail_texts"
    )
    mail_last_day = fields.Char(
        string="Last Day of Service", compute="_compute_mail_texts"
    )
    mail_amount = fields.Char(string="Amount", compute="_compute_mail_texts")
    mail_residual = fields.Char(string="Still to Pay", compute="_compute_mail_texts")
    mail_as_of = fields.Char(
        string="Day of the Statement", compute="_compute_mail_texts"
    )
    mail_subject = fields.Char(
        string="Subject of the Step", compute="_compute_mail_texts"
    )
    mail_text = fields.Html(
        string="Text of the Step", compute="_compute_mail_texts", sanitize=False
    )

    # === COMPUTE METHODS === #
    @api.depends("move_id", "partner_id", "step", "statement_date")
    @api.depends_context("lang")
    def _compute_mail_texts(self):
        for delivery in self:
            values = delivery._mail_figures()
            first, last = values["period"] or ("", "")
            delivery.update(
                {
                    **{field: values[name] for field, name in TEXTS.items()},
                    "mail_first_day": first,
                    "mail_last_day": last,
                    "mail_as_of": delivery._mail_date(delivery.statement_date),
                    "mail_subject": delivery.step._fill_in("subject", values)
                    if delivery.step
                    else "",
                    "mail_text": _paragraphs(delivery._reminder_text(values)),
                }
            )

    # === BUSINESS METHODS === #
    def _mail_template(self):
        """Return the template of this mail, as the sender may read it."""
        self.ensure_one()
        own = self.step.mail_template_id
        if own:
            return own.sudo()
        name = self.kind
        if name == "bill" and self.move_id.move_type == "out_refund":
            name = "credit_note"
        return self.env.ref(f"msp_billing.mail_template_{name}").sudo()

    def _forget_mail_texts(self):
        """Have the texts made anew: what is still to be paid may have changed."""
        self.invalidate_recordset([*TEXTS, *OTHERS])

    def _fill_template(self, field):
        """Return the subject or the text of this mail, in the customer's language.

        :param str field: of the template, ``subject`` or ``body_html``
        :raises UserError: when the template names what there is not
        """
        self.ensure_one()
        template = self._mail_template().with_context(lang=self._mail_lang())
        try:
            return template._render_field(field, self.ids)[self.id]
        except OperationalError:
            raise
        except Exception as error:
            raise UserError(
                self.env._(
                    "The mail template %(template)s cannot be filled in for %(mail)s: "
                    "%(error)s. Mend its text, or press Reset Template on it.",
                    template=template.name,
                    mail=self.display_name,
                    error=_first_cause(error),
                )
            ) from error


def _paragraphs(text):
    return Markup().join(
        PARAGRAPH.format(line) for line in text.splitlines() if line.strip()
    )


def _first_cause(error):
    """Return what was wrong, without the traces that Odoo adds to it."""
    while error.__cause__:
        error = error.__cause__
    return str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
