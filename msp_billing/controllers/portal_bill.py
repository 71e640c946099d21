import re
from urllib.parse import urlencode

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount

from ..models.account_move_dispute import LONGEST, SHORTEST
from .portal import LAST_ID, csv_response


class MspPortalBill(PortalAccount):
    """Beside the page of a bill: its evidence, and what looks wrong on it.

    Who may read the bill may use these: by Odoo's rules for invoices, or by the token
    of the bill that stands in the mail.
    """

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        own = request.env["msp.portal"]._bill_values(invoice)
        told = kwargs.get("msp_told")
        return {
            **values,
            **own,
            "msp_token": access_token,
            # Thanked is who comes from telling about a line, not whoever writes a URL.
            "msp_told": any(
                line["told"] and str(line["charge"].id) == told
                for line in own["msp_charges"]
            ),
        }

    @route(
        "/my/invoices/<int:invoice_id>/computers",
        type="http",
        auth="public",
        website=True,
    )
    def portal_msp_evidence(self, invoice_id, access_token=None, **_kwargs):
        """Return the computers and days behind the charges of a bill as CSV."""
        bill = self._msp_bill(invoice_id, access_token)
        if not bill:
            return request.redirect("/my")
        name = re.sub(r"[^\w-]+", "-", bill.name)
        rows = request.env["msp.portal"]._evidence_rows(bill)
        return csv_response(rows, f"{name}-computers.csv")

    @route(
        "/my/invoices/<int:invoice_id>/charges/<int:charge_id>",
        type="http",
        auth="public",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_msp_wrong(
        self, invoice_id, charge_id, access_token=None, text="", **_kwargs
    ):
        """Ask what looks wrong on a line of a bill, and pass it on."""
        bill = self._msp_bill(invoice_id, access_token)
        charge = bill and request.env["msp.portal"]._charge_of(bill, charge_id)
        if not charge:
            return request.redirect("/my")
        error = ""
        if request.httprequest.method == "POST":
            try:
                bill._msp_dispute(charge, text, self._msp_author(bill))
            except UserError as refusal:
                error = str(refusal)
            else:
                return self._msp_back(bill, charge, access_token)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "invoice",
            "invoice": bill,
            "charge": charge,
            "text": text,
            "error_text": error,
            "shortest": SHORTEST,
            "longest": LONGEST,
            "msp_token": access_token,
        }
        return request.render("msp_billing.portal_bill_wrong", values)

    def _msp_bill(self, invoice_id, access_token):
        """Return a posted bill of ours that may be read, as superuser, or nothing."""
        if invoice_id > LAST_ID:
            return None
        try:
            move = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return None
        # The pages keep the language of who reads them.
        move = move.with_env(request.env).sudo()
        return move if move._msp_is_bill() and move.state == "posted" else None

    def _msp_author(self, bill):
        """Return who tells it: with the token alone, the customer of the bill."""
        if request.env.user._is_public():
            return bill.partner_id
        return request.env.user.partner_id

    def _msp_back(self, bill, charge, access_token):
        query = {"msp_told": charge.id}
        if access_token:
            query["access_token"] = access_token
        return request.redirect(
            f"/my/invoices/{bill.id}?{urlencode(query)}#msp_bill_lines"
        )
