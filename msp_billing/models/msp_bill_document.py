from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.tools import html2plaintext, is_html_empty
from odoo.tools.misc import formatLang

from ..tools.days import day_text, span_text
from ..tools.print_logo import print_logo
from ..tools.print_style import PrintStyle

PRICE_DIGITS = 6


class MspBillDocument(models.AbstractModel):
    """What stands on a bill: values for its template, ready to be read."""

    _name = "msp.bill.document"
    _description = "Bill Document"

    # === BUSINESS METHODS === #
    @api.model
    def _values(self, move, proforma=False, payments=True, qr_code=None, accounts=None):
        """Return the values of the bill's template.

        :param move: ``account.move`` in the customer's language
        :param bool proforma: the document is not the invoice yet
        :param bool payments: show what was paid and what is still due
        :param str qr_code: the payment code's image, when it was made already
        :param dict accounts: see :meth:`_accounts`, when they were read already
        :rtype: dict
        """
        style = self._style(move.company_id)
        rows, annex, changes = self._rows(move), self._annex(move), self._changes(move)
        account = self._account(move, proforma, accounts)
        return {
            "move": move,
            "company": move.company_id,
            "style": style,
            "css": self._css(style),
            "logo": self._logo(move.company_id),
            "company_lines": self._company_lines(move),
            "sender": self._sender(move.company_id),
            "recipient": self._recipient(move.partner_id),
            "title": self._title(move, proforma),
            "subtitle": self._subtitle(move),
            "facts": [fact for fact in self._facts(move) if fact[1]],
            "rows": rows,
            "has_discount": any(move.invoice_line_ids.mapped("discount")),
            "has_taxes": not (move.tax_totals or {}).get("same_tax_base", True),
            "payments": self._payments(move) if payments else [],
            "due": self._due(move) if payments else None,
            "account": account,
            "pay_text": self._pay_text(move),
            "installments": self._installments(move),
            "bank": [fact for fact in self._bank(move) if fact[1]],
            "qr_code": qr_code or self._qr_code(move),
            "link_code": self._link_code(move),
            "footer": self._footer(move.company_id),
            "changes": changes,
            "annex": annex,
            "annex_page": not self._fits(rows, annex, changes, account),
        }

    @api.model
    def _style(self, company):
        return PrintStyle.of_company(company.with_context(bin_size=False))

    @api.model
    def _css(self, style):
        return Markup(style.css())

    # === LETTERHEAD === #
    @api.model
    def _logo(self, company):
        """Return the logo as an address of data; Odoo's placeholder is no logo."""
        if company.uses_default_logo or not company.logo:
            return None
        partner = company.partner_id.with_context(bin_size=False)
        style = self._style(company)
        return print_logo(partner.image_1024 or company.logo, style.is_white_above)

    @api.model
    def _company_lines(self, move):
        """Return the lines of the company's address, or none where it wrote its own."""
        company = move.company_id
        foreign_vat = move.fiscal_position_id.foreign_vat
        vat_label = company.country_id.vat_label or self.env._("Tax ID")
        lines = []
        if company.is_company_details_empty:
            # Without a logo the name stands in its place.
            names = [company.name] if self._logo(company) else []
            lines = [*names, *self._address(company.partner_id)]
        if foreign_vat:
            lines.append(f"{vat_label}: {foreign_vat}")
        return lines

    @api.model
    def _address(self, partner):
        address = partner._display_address(without_company=True)
        return [line.strip() for line in address.splitlines() if line.strip()]

    @api.model
    def _sender(self, company):
        city = " ".join(filter(None, (company.zip, company.city)))
        return " · ".join(filter(None, (company.name, company.street, city)))

    @api.model
    def _recipient(self, partner):
        """Return the name and the other lines of the address in the window."""
        company = partner.commercial_company_name
        names = [company] if company else []
        if partner.name and partner.name not in names:
            names.append(partner.name)
        return (names[:1] or [""])[0], [*names[1:], *self._address(partner)]

    @api.model
    def _footer(self, company):
        """Return the company's footer, or its contact data where it wrote none."""
        if not is_html_empty(company.report_footer):
            return company.report_footer
        details = html2plaintext(company.company_details or "")
        website = (company.website or "").partition("://")[2] or company.website
        data = (company.phone, company.email, website, company.vat)
        return " · ".join(part for part in data if part and part not in details)

    # === WHAT IT IS === #
    @api.model
    def _title(self, move, proforma):
        is_refund = move.move_type == "out_refund"
        state = "proforma" if proforma else move.state
        titles = {
            ("posted", False): self.env._("Invoice"),
            ("draft", False): self.env._("Draft Invoice"),
            ("cancel", False): self.env._("Cancelled Invoice"),
            ("proforma", False): self.env._("Proforma Invoice"),
            ("posted", True): self.env._("Credit Note"),
            ("draft", True): self.env._("Draft Credit Note"),
            ("cancel", True): self.env._("Cancelled Credit Note"),
            ("proforma", True): self.env._("Proforma Credit Note"),
        }
        number = move.name if move.name and move.name != "/" else ""
        return f"{titles[state, is_refund]} {number}".strip()

    @api.model
    def _period(self, move):
        """Return the days from the first to the last that is billed, or nothing."""
        cycles = move.msp_cycle_ids.filtered(lambda cycle: cycle.kind == "regular")
        if not cycles:
            return ""
        first = min(cycles.mapped("date_start"))
        return self._span_text(first, max(cycles.mapped("date_end")))

    @api.model
    def _subtitle(self, move):
        """Return the line below the title: the days billed, or why it is credited."""
        if move.move_type == "out_refund":
            return move.ref or ""  # core writes the reason of a reversal here
        period = self._period(move)
        return period and self.env._("Billing period %(period)s", period=period)

    @api.model
    def _facts(self, move):
        """Return what stands beside the address: pairs of a name and a value."""
        partner = move.partner_id
        country = move.company_id.account_fiscal_country_id
        number = partner.ref or partner.commercial_partner_id.ref
        if move.move_type == "out_refund":
            own = [
                (self.env._("Credit Note Date"), self._day(move.invoice_date)),
                (self.env._("Credits Invoice"), move.reversed_entry_id.name),
            ]
            reference = ""
        else:
            due = move.state == "posted" and move.invoice_date_due
            own = [
                (self.env._("Invoice Date"), self._day(move.invoice_date)),
                (self.env._("Due Date"), self._day(due)),
            ]
            reference = move.ref
        return [
            *own,
            (self.env._("Customer No."), number),
            (country.vat_label or self.env._("Tax ID"), partner.vat),
            (self.env._("Your Reference"), reference),
            (self.env._("Your Contact"), self._contact(move)),
        ]

    @api.model
    def _contact(self, move):
        """Return the name of the salesperson, but of no robot."""
        user = move.invoice_user_id
        return (
            user.name if user.active and user != self.env.ref("base.user_root") else ""
        )

    # === LINES === #
    @api.model
    def _rows(self, move):
        """Return the rows of the table: sections with their sums, lines and notes."""
        lines = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        sections = lines.filtered(lambda line: line.display_type == "line_section")
        rows, section, total = [], {}, 0.0
        for line in lines:
            row = self._row(line)
            rows.append(row)
            if row["kind"] == "section":
                section, total = row, 0.0
            elif row["kind"] == "line":
                total += self._line_amount(line)
                if len(sections) > 1:
                    section["amount"] = self._money(total, line.currency_id)
        return rows

    @api.model
    def _row(self, line):
        texts = (line.name or "").strip().splitlines() or [""]
        if line.display_type != "product":
            is_section = line.display_type == "line_section"
            return {
                "kind": "section" if is_section else "note",
                "name": texts[0] if is_section else "\n".join(texts),
                "amount": "",
            }
        sites = self._site_counts(line.msp_charge_ids.computer_ids)
        return {
            "kind": "line",
            "name": texts[0],
            "details": [*texts[1:], *self._rule_texts(line), *sites],
            "quantity": self._number(line.quantity, 0),
            "price": self._number(line.price_unit, line.currency_id.decimal_places),
            "discount": f"{self._number(line.discount, 0)} %" if line.discount else "",
            "taxes": ", ".join(tax.tax_label or tax.name for tax in line.tax_ids),
            "amount": self._money(self._line_amount(line), line.currency_id),
        }

    @api.model
    def _rule_texts(self, line):
        """Return how the quantity and the price came about, as a paragraph."""
        charge = line.msp_charge_ids[:1]
        texts = charge._explain_on_paper() if charge else []
        return [" ".join(texts)] if texts else []

    @api.model
    def _line_amount(self, line):
        """Return a line's amount, with tax where the company's prices include it."""
        included = line.move_id.company_price_include == "tax_included"
        return line.price_total if included else line.price_subtotal

    @api.model
    def _site_counts(self, evidence):
        """Return how the computers of a line spread over several sites, as a line."""
        used = evidence.filtered(
            lambda entry: (
                entry.status != "excluded"
                and entry.charge_id.price_id.price_model != "flat"
            )
        )
        sites = used.grouped("partner_id")
        if len(sites) < 2:
            return []
        counts = sorted(
            ((site.name or "", len(entries)) for site, entries in sites.items()),
            key=lambda pair: (-pair[1], pair[0]),
        )
        return [" · ".join(f"{name} {count}" for name, count in counts)]

    # === FORMATS === #
    @api.model
    def _day(self, day):
        return day_text(self.env, day)

    @api.model
    def _span_text(self, first, end):
        """Return days as people write them: 1 – 30 Apr 2026. ``end`` is not one."""
        return span_text(self.env, first, end - timedelta(days=1))

    @api.model
    def _money(self, amount, currency):
        """Return an amount without its sign: the column's head names the currency."""
        return formatLang(self.env, amount, digits=currency.decimal_places)

    @api.model
    def _number(self, value, digits):
        """Return a number with as many decimals as it has, at least the given."""
        text = f"{value:.{PRICE_DIGITS}f}".rstrip("0")
        digits = max(digits, len(text.partition(".")[2]))
        return formatLang(self.env, value, digits=digits)
