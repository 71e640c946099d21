from odoo import api, models
from odoo.tools.misc import format_date

DATE = "d MMM y"


class MspPortal(models.AbstractModel):
    """What a customer sees in the portal: chosen values of his own records.

    Portal users have no right on any model of ours, and no record rule gives them
    one: who may read a record may read each of its fields by RPC, also the notes,
    the salesperson and the terms of a subscription. The pages ask here instead,
    where each value is named, with the customer and the companies of the signed-in
    user, never with those that a request names.
    """

    _name = "msp.portal"
    _description = "Customer Portal"

    # === BUSINESS METHODS === #
    @api.model
    def _customer(self):
        """Return the commercial partner of who is signed in.

        :rtype: ``res.partner`` as superuser
        """
        return self.env.user.partner_id.commercial_partner_id.sudo()

    @api.model
    def _companies(self):
        return self.env.user.sudo().company_ids

    @api.model
    def _today(self):
        """Return today in the time zone of the company that bills."""
        return self.env.user.sudo().company_id._msp_today()

    @api.model
    def _own_domain(self):
        """Return the domain of the signed-in customer's records, and its sites'.

        The same contacts as of Odoo's own rule for invoices of portal users.
        """
        return [
            ("partner_id", "child_of", self._customer().ids),
            ("company_id", "in", self._companies().ids),
        ]

    @api.model
    def _site_name(self, partner):
        """Return the name of a site, or nothing for the customer itself."""
        return "" if partner == self._customer() else partner.name or ""

    @api.model
    def _day(self, day):
        return format_date(self.env, day, date_format=DATE) if day else ""
