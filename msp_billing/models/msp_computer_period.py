from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..tools.history_log import logged_history
from ..tools.timeline import Span, ordered, overlap, steps

SPAN_FIELDS = ("computer_id", "partner_id", "type_id", "date_from", "date_to")


class MspComputerPeriod(models.Model):
    _name = "msp.computer.period"
    _description = "Computer Period"
    _order = "computer_id, date_from desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["computer_id.name", "partner_id.name"]

    # === FIELDS === #
    computer_id = fields.Many2one(
        comodel_name="msp.computer",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="computer_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        ondelete="restrict",
        check_company=True,
        help="The customer or site for whom the computer was managed.",
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        required=True,
        index=True,
        ondelete="restrict",
    )
    date_from = fields.Date(
        string="Since", required=True, help="The first day on which it was managed."
    )
    date_to = fields.Date(
        string="Until",
        help="The first day on which it was not managed. Empty: it goes on.",
    )

    _dates_check = models.Constraint(
        "CHECK (date_to > date_from)",
        "A computer period ends after the day on which it begins.",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (computer_id WITH =, "
        "daterange(date_from, date_to) WITH &&)",
        "The computer already has a period on these days. Periods of a computer "
        "cannot overlap.",
    )
    _count_idx = models.Index("(partner_id, date_from)")

    # === COMPUTE METHODS === #
    @api.depends("computer_id", "partner_id", "type_id", "date_from", "date_to")
    def _compute_display_name(self):
        for period in self:
            computer = period.computer_id.display_name or ""
            period.display_name = f"{computer}: {period._history_line()}"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        self._check_spans([self._span_of(vals) for vals in vals_list])
        computers = self.env["msp.computer"].browse(
            {vals["computer_id"] for vals in vals_list if vals.get("computer_id")}
        )
        with logged_history(computers):
            return super().create(vals_list)

    def write(self, vals):
        if not vals.keys() & set(SPAN_FIELDS):
            return super().write(vals)
        self._check_spans(
            [period._span_of({**period._span_vals(), **vals}) for period in self]
        )
        with logged_history(self.computer_id):
            return super().write(vals)

    def unlink(self):
        with logged_history(self.computer_id):
            return super().unlink()

    # === BUSINESS METHODS === #
    def _span_vals(self):
        self.ensure_one()
        return {
            "computer_id": self.computer_id.id,
            "partner_id": self.partner_id.id,
            "type_id": self.type_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }

    def _span_of(self, vals):
        """Return the span that values describe, and its computer's id."""
        span = Span(
            date_from=fields.Date.to_date(vals.get("date_from") or False),
            date_to=fields.Date.to_date(vals.get("date_to") or False),
            partner=vals.get("partner_id"),
            kind=vals.get("type_id"),
            ref=self.id or None,
        )
        return vals.get("computer_id"), span

    def _timeline_span(self):
        """Return the stored period as a span."""
        self.ensure_one()
        return self._span_of(self._span_vals())[1]

    @api.model
    def _edited(self, computer, commands):
        """Return the history of a computer as the rows edited on its form make it.

        As a whole, since row by row one could overlap another on the way.
        """
        spans = {span.ref: span for span in computer._history()}
        for number, command in enumerate(commands):
            code, ref, values = (*command, None, None)[:3]
            if code == Command.CREATE:
                spans[-1 - number] = self._span_of(values)[1]
            elif code == Command.UPDATE and ref in spans:
                period = self.browse(ref)
                spans[ref] = period._span_of({**period._span_vals(), **values})[1]
            elif code in (Command.DELETE, Command.UNLINK):
                spans.pop(ref, None)
            elif code in (Command.CLEAR, Command.SET):
                spans = {key: spans[key] for key in values or () if key in spans}
        if not all(span.date_from and all(span.owner) for span in spans.values()):
            raise ValidationError(
                self.env._(
                    "%(computer)s: each row of the history needs a customer, a type "
                    "and the day since when.",
                    computer=computer.name,
                )
            )
        self._check_spans([(computer.id, span) for span in spans.values()])
        return ordered(spans.values())

    @api.model
    def _store(self, histories):
        """Store histories of computers: the one road that changes several periods.

        What shrinks goes first, since the database checks row by row; and it is
        flushed, since a create is sent at once while earlier writes wait.

        :param dict histories: spans by computer
        """
        periods = self.with_context(tracking_disable=True)
        gone, shrink, change, new = [], defaultdict(list), defaultdict(list), []
        for computer, spans in histories.items():
            todo = steps(computer._history(), spans)
            gone += todo.delete
            for ref, days in todo.shrink.items():
                shrink[days].append(ref)
            for ref, span in todo.write.items():
                change[replace(span, ref=None)].append(ref)
            new += [
                {"computer_id": computer.id, **self._vals_of(span)}
                for span in todo.create
            ]
        computers = self.env["msp.computer"].concat(*histories)
        with logged_history(computers):
            periods.browse(gone).unlink()
            for (first, last), refs in shrink.items():
                periods.browse(refs).write({"date_from": first, "date_to": last})
            periods.flush_model()
            for span, refs in change.items():
                periods.browse(refs).write(self._vals_of(span))
            periods.create(new)

    @api.model
    def _vals_of(self, span):
        return {
            "partner_id": span.partner,
            "type_id": span.kind,
            "date_from": span.date_from,
            "date_to": span.date_to or False,
        }

    @api.model
    def _check_spans(self, rows):
        """Stop people, by the computer's name, before the database does.

        :param rows: computer id and span of each period as it will be
        """
        rows = [
            (computer, span) for computer, span in rows if computer and span.date_from
        ]
        by_computer = {}
        for computer, span in rows:
            if span.date_to and span.date_to <= span.date_from:
                self._refuse_order(computer, span)
            by_computer.setdefault(computer, []).append(span)
        others = self.sudo().search_fetch(
            [
                ("computer_id", "in", list(by_computer)),
                ("id", "not in", [span.ref for _computer, span in rows if span.ref]),
            ],
            list(SPAN_FIELDS),
        )
        for period in others:
            by_computer[period.computer_id.id].append(period._timeline_span())
        for computer, spans in by_computer.items():
            clash = overlap(spans)
            if clash:
                self._refuse_overlap(computer, clash)

    @api.model
    def _refuse_order(self, computer_id, span):
        raise ValidationError(
            self.env._(
                "%(computer)s: the period from %(since)s cannot end on %(until)s. "
                "Choose a later end, or leave it empty while the computer is managed.",
                computer=self._computer_name(computer_id),
                since=self._format(span.date_from),
                until=self._format(span.date_to),
            )
        )

    @api.model
    def _refuse_overlap(self, computer_id, clash):
        first, second = clash
        raise ValidationError(
            self.env._(
                "%(computer)s: the period from %(since)s overlaps the one from "
                "%(before)s to %(until)s. Shorten one of them, or delete it.",
                computer=self._computer_name(computer_id),
                since=self._format(second.date_from),
                before=self._format(first.date_from),
                until=self._format(first.date_to) or self.env._("today and later"),
            )
        )

    @api.model
    def _computer_name(self, computer_id):
        return self.env["msp.computer"].browse(computer_id).display_name

    @api.model
    def _format(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {}) if day else ""

    def _history_line(self):
        """Return the period as people read it in the log of the computer."""
        self.ensure_one()
        values = {
            "customer": self.partner_id.display_name,
            "type": self.type_id.display_name,
            "since": self._format(self.date_from),
            "until": self._format(self.date_to),
        }
        if self.date_to:
            return self.env._(
                "%(customer)s, %(type)s, since %(since)s until %(until)s", **values
            )
        return self.env._("%(customer)s, %(type)s, since %(since)s", **values)
