"""Bills as a workbook, for people who go on calculating."""

import io
from datetime import timedelta

import xlsxwriter

from .bill_workbook_changes import change_columns, change_rows

DATE, MONEY, NUMBER, PRICE, TEXT = "date", "money", "number", "price", "text"
WIDTHS = {DATE: 12, MONEY: 13, NUMBER: 11, PRICE: 13}


class BillWorkbook:
    """Sheets of bills, their lines, the computers behind them, and what changed."""

    def __init__(self, env, moves):
        """Take the bills, which the user may read.

        :param env: environment of the user, whose language the heads are in
        :param moves: ``account.move``
        """
        self.env = env
        self._moves = moves

    def content(self):
        """Return the workbook.

        :rtype: bytes
        """
        file = io.BytesIO()
        # What a customer or a computer is called never becomes a formula or a link.
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        with xlsxwriter.Workbook(file, options) as book:
            formats = self._formats(book)
            for name, columns, rows in (
                (self.env._("Bills"), self._bill_columns(), self._bill_rows()),
                (self.env._("Lines"), self._line_columns(), self._line_rows()),
                (
                    self.env._("Computers"),
                    self._computer_columns(),
                    self._computer_rows(),
                ),
                (
                    self.env._("Changes"),
                    change_columns(self.env),
                    change_rows(self.env, self._moves),
                ),
            ):
                _write_sheet(book.add_worksheet(name), columns, rows, formats)
        return file.getvalue()

    def _formats(self, book):
        return {
            "head": book.add_format(
                {"bold": True, "bg_color": "#E5E7EB", "bottom": 1, "valign": "top"}
            ),
            DATE: book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            MONEY: book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"}),
            NUMBER: book.add_format({"num_format": "#,##0.##;[Red]-#,##0.##"}),
            PRICE: book.add_format({"num_format": "#,##0.00####"}),
            TEXT: None,
        }

    # === BILLS === #
    def _bill_columns(self):
        return [
            (self.env._("Bill"), TEXT, 18),
            (self.env._("Customer"), TEXT, 34),
            (self.env._("Customer No."), TEXT, 14),
            (self.env._("Date"), DATE, None),
            (self.env._("Due Date"), DATE, None),
            (self.env._("Untaxed"), MONEY, None),
            (self.env._("Tax"), MONEY, None),
            (self.env._("Total"), MONEY, None),
            (self.env._("Open"), MONEY, None),
            (self.env._("Currency"), TEXT, 9),
            (self.env._("Status"), TEXT, 12),
        ]

    def _bill_rows(self):
        Wizard = self.env["msp.consolidated.bill"]
        for move in self._moves:
            sign = _sign(move)
            yield (
                move.name,
                move.commercial_partner_id.name,
                move.partner_id.ref or move.commercial_partner_id.ref,
                move.invoice_date,
                move.invoice_date_due,
                sign * move.amount_untaxed,
                sign * move.amount_tax,
                sign * move.amount_total,
                sign * move.amount_residual,
                move.currency_id.name,
                Wizard._state_text(Wizard._state(move)),
            )

    # === LINES === #
    def _line_columns(self):
        return [
            (self.env._("Bill"), TEXT, 18),
            (self.env._("Customer"), TEXT, 34),
            (self.env._("Plan"), TEXT, 22),
            (self.env._("Site"), TEXT, 28),
            (self.env._("Period Start"), DATE, None),
            (self.env._("Period End"), DATE, None),
            (self.env._("Description"), TEXT, 60),
            (self.env._("Counted"), NUMBER, None),
            (self.env._("Quantity"), NUMBER, None),
            (self.env._("Unit Price"), PRICE, None),
            (self.env._("Discount (%)"), NUMBER, None),
            (self.env._("Amount"), MONEY, None),
            (self.env._("Currency"), TEXT, 9),
        ]

    def _line_rows(self):
        for move in self._moves:
            lines = move.invoice_line_ids.filtered(
                lambda line: line.display_type == "product"
            )
            for line in lines.sorted("sequence"):
                charge = line.msp_charge_ids[:1]
                cycle = charge.origin_cycle_id or charge.cycle_id
                yield (
                    move.name,
                    move.commercial_partner_id.name,
                    charge.subscription_id.plan_id.name,
                    charge.subscription_id.partner_id.name,
                    cycle.date_start,
                    _last_day(cycle.date_end),
                    " – ".join((line.name or "").splitlines()),
                    charge.counted if charge.price_id else None,
                    _sign(move) * line.quantity,
                    line.price_unit,
                    line.discount or None,
                    _sign(move) * line.price_subtotal,
                    move.currency_id.name,
                )

    # === COMPUTERS === #
    def _computer_columns(self):
        return [
            (self.env._("Bill"), TEXT, 18),
            (self.env._("Customer"), TEXT, 34),
            (self.env._("Site"), TEXT, 28),
            (self.env._("Plan"), TEXT, 22),
            (self.env._("Charge"), TEXT, 28),
            (self.env._("Computer"), TEXT, 24),
            (self.env._("Type"), TEXT, 16),
            (self.env._("Serial Number"), TEXT, 18),
            (self.env._("From"), DATE, None),
            (self.env._("Until"), DATE, None),
            (self.env._("Days"), NUMBER, 7),
            (self.env._("Status"), TEXT, 13),
            (self.env._("Reason"), TEXT, 34),
        ]

    def _computer_rows(self):
        Evidence = self.env["msp.charge.computer"].sudo()
        statuses = dict(Evidence._fields["status"]._description_selection(self.env))
        reasons = dict(Evidence._fields["reason"]._description_selection(self.env))
        rows = Evidence.search([("cycle_id.move_id", "in", self._moves.ids)])
        by_move = rows.grouped(lambda row: row.cycle_id.move_id.id)
        for move in self._moves:
            for row in by_move.get(move.id, ()):
                yield (
                    move.name,
                    move.commercial_partner_id.name,
                    row.partner_id.name,
                    row.cycle_id.plan_id.name,
                    row.charge_id.display_name or None,
                    row.name,
                    row.type_id.name,
                    row.computer_id.serial,
                    row.date_from,
                    _last_day(row.date_to),
                    row.days,
                    statuses.get(row.status),
                    reasons.get(row.reason),
                )


def _sign(move):
    return -1 if move.move_type == "out_refund" else 1


def _last_day(day):
    """Return the last day before a day: people read both days as included."""
    return day - timedelta(days=1) if day else None


def _write_sheet(sheet, columns, rows, formats):
    sheet.freeze_panes(1, 0)
    for column, (head, kind, width) in enumerate(columns):
        sheet.set_column(column, column, width or WIDTHS[kind])
        sheet.write_string(0, column, head, formats["head"])
    count = 0
    for count, row in enumerate(rows, 1):
        for column, ((_head, kind, _width), value) in enumerate(
            zip(columns, row, strict=True)
        ):
            _write_cell(sheet, count, column, value, kind, formats[kind])
    sheet.autofilter(0, 0, count, len(columns) - 1)


def _write_cell(sheet, row, column, value, kind, cell_format):
    if value is None or value is False or value == "":
        return
    if kind == TEXT:
        sheet.write_string(row, column, str(value), cell_format)
    elif kind == DATE:
        sheet.write_datetime(row, column, value, cell_format)
    else:
        sheet.write_number(row, column, value, cell_format)
