from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import formatLang

from ..tools.bill_workbook import BillWorkbook
from ..tools.days import day_text

# A bill takes a tenth of a second and some memory, and a browser does not wait longer.
MAX_PDF_BILLS = 300
MIMETYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class MspConsolidatedBill(models.TransientModel):
    """All bills of some customers and days in one download."""

    _name = "msp.consolidated.bill"
    _description = "Consolidated Bill"
    _check_company_auto = True

    # === FIELDS === #
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Customers",
        check_company=True,
        help="Empty: all. Customers, with the contacts below them.",
    )
    date_from = fields.Date(
        string="First Day",
        required=True,
        default=lambda self: self._default_month(),
        help="The first date of the bills.",
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        default=lambda self: self._default_month() + relativedelta(day=31),
        help="The last date of the bills, included.",
    )
    format = fields.Selection(
        selection=[("pdf", "PDF"), ("xlsx", "XLSX")], required=True, default="pdf"
    )
    bill_count = fields.Integer(string="Bills", compute="_compute_bill_count")

    # === COMPUTE METHODS === #
    @api.model
    def _default_month(self):
        """Return the first day of this month, in which its bills were made."""
        return self.env.company._msp_today().replace(day=1)

    @api.depends("company_id", "partner_ids", "date_from", "date_to")
    def _compute_bill_count(self):
        Move = self.env["account.move"]
        for wizard in self:
            # A form that is being filled in may miss a date.
            complete = wizard.company_id and wizard.date_from and wizard.date_to
            wizard.bill_count = complete and Move.search_count(
                wizard._get_bills_domain()
            )

    # === ACTION METHODS === #
    def action_download(self):
        """Make the document and answer its download.

        :raises UserError: when there is no bill, or there are too many for one PDF
        """
        self.ensure_one()
        moves = self._find_bills()
        content = (
            self._make_pdf(moves) if self.format == "pdf" else self._make_xlsx(moves)
        )
        # It belongs to the wizard: read by its user alone, and cleaned up with it.
        attachment = self.env["ir.attachment"].create(
            {
                "name": self._filename(),
                "raw": content,
                "mimetype": MIMETYPES[self.format],
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    # === BUSINESS METHODS === #
    def _get_bills_domain(self):
        """Return the domain of the bills: by customer or bill-to, and invoice date."""
        self.ensure_one()
        domain = Domain(
            [
                ("msp_run_id", "!=", False),
                ("state", "=", "posted"),
                ("company_id", "=", self.company_id.id),
                ("invoice_date", ">=", self.date_from),
                ("invoice_date", "<=", self.date_to),
            ]
        )
        partners = self.partner_ids._origin
        if partners:
            domain &= Domain(
                "commercial_partner_id", "child_of", partners.ids
            ) | Domain("partner_id", "child_of", partners.ids)
        return domain

    def _find_bills(self):
        """Return the bills that the user may read, in the order of the customers.

        :raises UserError: when there is none
        """
        moves = self.env["account.move"].search(
            self._get_bills_domain(), order="invoice_date, name, id"
        )
        if not moves:
            raise UserError(
                self.env._(
                    "There is no bill of %(customers)s from %(first)s to %(last)s. "
                    "Choose other customers or dates.",
                    customers=self._customer_names(),
                    first=self._day(self.date_from),
                    last=self._day(self.date_to),
                )
            )
        return moves.sorted(
            lambda move: (
                move.commercial_partner_id.name or "",
                move.commercial_partner_id.id,
                move.invoice_date,
                move.name,
            )
        )

    def _customer_names(self):
        names = self.partner_ids.mapped("display_name")
        if not names:
            return self.env._("any customer")
        if len(names) > 5:
            return self.env._(
                "%(names)s and %(count)s more",
                names=", ".join(names[:5]),
                count=len(names) - 5,
            )
        return ", ".join(names)

    def _filename(self):
        name = "" if len(self.partner_ids) != 1 else f" {self.partner_ids.name}"
        name = "".join(sign if sign.isalnum() else " " for sign in name)
        days = f"{self.date_from} {self.date_to}"
        return f"{' '.join(f'Bills{name} {days}'.split())}.{self.format}"

    def _day(self, day):
        return day_text(self.env, day)

    # === XLSX === #
    def _make_xlsx(self, moves):
        """Return a workbook with the bills, their lines and the computers behind."""
        # The bills were found without sudo: all that stands on them may be read.
        return BillWorkbook(self.env, moves.sudo()).content()

    # === PDF === #
    def _make_pdf(self, moves):
        if len(moves) > MAX_PDF_BILLS:
            raise UserError(
                self.env._(
                    "%(count)s bills are too many for one PDF, %(limit)s is the most. "
                    "Choose fewer customers or days, or download them as XLSX.",
                    count=len(moves),
                    limit=MAX_PDF_BILLS,
                )
            )
        return self.env["ir.actions.report"]._msp_consolidated_pdf(self, moves)

    def _get_language(self):
        """Return the document's language: of the one customer, or the user's."""
        customers = self._find_bills().commercial_partner_id
        return (len(customers) == 1 and customers.lang) or self.env.lang

    def _summary(self, sheets=None, is_linked=False):
        """Return the values of the summary page.

        :param dict sheets: id of a bill -> the sheet of the document it begins on
        :param bool is_linked: the bills stand in the same document
        :rtype: dict
        """
        moves = self._find_bills().sudo()
        Document = self.env["msp.bill.document"]
        company = self.company_id.sudo()
        customers = moves.commercial_partner_id
        style = Document._style(company)
        return {
            "company": company,
            "style": style,
            "css": Document._css(style),
            "logo": Document._logo(company),
            "footer": Document._footer(company),
            "company_lines": Document._company_lines(moves[:1]),
            "customer": customers if len(customers) == 1 else None,
            "period": Document._span_text(
                self.date_from, self.date_to + relativedelta(days=1)
            ),
            "has_sheets": sheets is not None,
            "is_linked": is_linked,
            "rows": [
                {**self._summary_row(move), "sheet": (sheets or {}).get(move.id, "")}
                for move in moves
            ],
            "totals": [
                {
                    "name": currency.name,
                    **self._sums(own),
                    "text": self._totals_text(own),
                }
                for currency, own in moves.grouped("currency_id").items()
            ],
        }

    def _totals_text(self, moves):
        """Return what the bills of one currency come to, as a sentence."""
        overdue = moves.filtered(lambda move: self._state(move) == "overdue")
        values = {
            "count": len(moves),
            "total": self._sums(moves)["total"],
            "open": self._sums(moves)["open"],
            "overdue": self._sums(overdue)["open"] if overdue else "",
        }
        if overdue:
            return self.env._(
                "%(total)s on %(count)s documents: %(open)s open, %(overdue)s of it "
                "overdue.",
                **values,
            )
        return self.env._("%(total)s on %(count)s documents: %(open)s open.", **values)

    def _summary_row(self, move):
        state = self._state(move)
        return {
            "id": move.id,
            "customer": move.commercial_partner_id.name or "",
            "name": move.name,
            "date": self._day(move.invoice_date),
            "due": "" if state == "credit" else self._day(move.invoice_date_due),
            "state": state,
            "status": self._state_text(state),
            **self._sums(move),
        }

    def _sums(self, moves):
        """Return the sums of bills of one currency, credit notes taken off."""
        sums = dict.fromkeys(("untaxed", "total", "open"), 0.0)
        for move in moves:
            sign = -1 if move.move_type == "out_refund" else 1
            sums["untaxed"] += sign * move.amount_untaxed
            sums["total"] += sign * move.amount_total
            sums["open"] += sign * move.amount_residual
        return {
            name: formatLang(self.env, value, currency_obj=moves.currency_id)
            for name, value in sums.items()
        }

    @api.model
    def _state(self, move):
        """Return what has become of a bill."""
        if move.move_type == "out_refund":
            return "credit"
        if move.payment_state == "reversed":
            return "credited"
        if not move.amount_residual:
            return "paid"
        if move.invoice_date_due < move.company_id._msp_today():
            return "overdue"
        return "partial" if move.payment_state == "partial" else "open"

    @api.model
    def _state_text(self, state):
        return {
            "credit": self.env._("Credit"),
            "credited": self.env._("Credited"),
            "paid": self.env._("Paid"),
            "overdue": self.env._("Overdue"),
            "partial": self.env._("Partly Paid"),
            "open": self.env._("Open"),
        }[state]
