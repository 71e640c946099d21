import logging

import psycopg2
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models

MAX_DETAILS = 500
NOTE_TRIES = 20

_logger = logging.getLogger(__name__)


class MspSourceSync(models.Model):
    """One delivery of a source: what came in, what it changed, what was refused."""

    _name = "msp.source.sync"
    _description = "Source Delivery"
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["customer_key", "partner_id.name"]

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="source_id.company_id", store=True, index=True, precompute=True
    )
    source_customer_id = fields.Many2one(
        comodel_name="msp.source.customer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    customer_key = fields.Char(string="Key in Source", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    taken_at = fields.Datetime(
        readonly=True, help="The moment at which the source saw what it reports."
    )
    day = fields.Date(
        readonly=True, help="That moment's day in the company's time zone."
    )
    complete = fields.Boolean(
        readonly=True, help="Whether all computers of the customer were reported."
    )
    state = fields.Selection(
        selection=[
            ("applied", "Applied"),
            ("unchanged", "Unchanged"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    added = fields.Integer(readonly=True)
    removed = fields.Integer(readonly=True)
    changed = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    rejected = fields.Integer(readonly=True)
    message = fields.Text(readonly=True)
    rejected_details = fields.Text(string="Rejected Rows", readonly=True)
    snapshot_key = fields.Char(
        readonly=True,
        copy=False,
        help="Names exactly this snapshot, so that the same again changes nothing.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Delivered By",
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="set null",
    )

    _snapshot_unique = models.Constraint(
        "UNIQUE (source_id, snapshot_key)", "This snapshot was applied already."
    )

    # === COMPUTE METHODS === #
    @api.depends("source_id", "customer_key", "taken_at")
    def _compute_display_name(self):
        for sync in self:
            parts = (sync.source_id.name, sync.customer_key, sync.taken_at)
            sync.display_name = ", ".join(str(part) for part in parts if part)

    # === BUSINESS METHODS === #
    def _answer(self):
        """Return the counts as they are told to who delivered."""
        self.ensure_one()
        names = ("added", "removed", "changed", "unchanged")
        return {name: self[name] for name in names}

    @api.model
    def _find_applied(self, source, snapshots):
        """Return the deliveries that applied exactly these snapshots, by fingerprint.

        A snapshot with rejected rows is never the same: they may be mended here.
        """
        names = [each.fingerprint for each in snapshots if not each.rejected]
        found = self.search(
            [("source_id", "=", source.id), ("snapshot_key", "in", names)]
        )
        return {sync.snapshot_key: sync for sync in found}

    @api.model
    def _prepare_frame(self, source, snapshot):
        """Return the values of a log entry that come from the snapshot alone."""
        return {
            "source_id": source.id,
            "customer_key": snapshot.customer,
            "taken_at": snapshot.taken_at,
            "day": source.company_id._msp_day(snapshot.taken_at),
            "complete": snapshot.complete,
        }

    @api.model
    def _prepare_applied(self, plan, reasons):
        """Return the log of an applied plan; only a clean one is recognized again.

        With rejected rows, or computers that were kept because of another row of the
        delivery, it is worth sending again after those are mended.
        """
        customer, snapshot, changes = plan.customer, plan.snapshot, plan.changes
        counts = {
            "added": changes.added,
            "removed": len(changes.end),
            "changed": changes.changed,
            "unchanged": changes.unchanged,
            "rejected": len(reasons),
        }
        moved = counts["added"] or counts["removed"] or counts["changed"]
        details = reasons[:MAX_DETAILS]
        if len(reasons) > MAX_DETAILS:
            more = len(reasons) - MAX_DETAILS
            details.append(self.env._("and %(count)s more", count=more))
        clean = not (reasons or changes.kept)
        return {
            **self._prepare_frame(customer.source_id, snapshot),
            **counts,
            "source_customer_id": customer.id,
            "partner_id": customer.partner_id.id,
            "state": "applied" if moved else "unchanged",
            "rejected_details": "\n".join(details) or False,
            "snapshot_key": clean and snapshot.fingerprint,
        }

    @api.model
    def _prepare_repeated(self, plan):
        """Return the log of a snapshot that came again."""
        customer, snapshot = plan.customer, plan.snapshot
        return {
            **self._prepare_frame(customer.source_id, snapshot),
            "source_customer_id": customer.id,
            "partner_id": customer.partner_id.id,
            "state": "unchanged",
            "unchanged": len(snapshot.computers),
            "message": self.env._(
                "The same snapshot was applied before, at %(moment)s UTC.",
                moment=plan.first.create_date.replace(microsecond=0),
            ),
        }

    @api.model
    def _log_refused(self, source, vals, unmapped, counts=None):
        """Log a refused delivery, and the customers that are not mapped yet.

        The error that follows takes the transaction back, so both are noted again
        after that, in a transaction of their own.

        :param dict unmapped: the name in the source by the key of a customer
        :param dict counts: how many computers were reported, by the same keys
        """
        self._note_refusal(source, vals, unmapped, counts)
        registry, uid, context = self.env.registry, self.env.uid, self.env.context

        def note_again():
            with registry.cursor() as cr:
                env = api.Environment(cr, uid, dict(context))
                again = env["msp.source"].browse(source.id).exists()
                if again:
                    env["msp.source.sync"]._note_refusal(again, vals, unmapped, counts)

        @self.env.cr.postrollback.add
        def note():
            for tries_left in reversed(range(NOTE_TRIES)):
                try:
                    note_again()
                except psycopg2.Error as error:
                    # Others may note the same customer; each time one comes through.
                    if isinstance(error, SerializationFailure) and tries_left:
                        continue
                    # The sender gets its error all the same; only the note is lost.
                    _logger.warning("A refused delivery was not noted.", exc_info=True)
                return

    @api.model
    def _note_refusal(self, source, vals, unmapped, counts=None):
        if unmapped:
            Customer = self.env["msp.source.customer"].sudo()
            Customer._remember(source.sudo(), unmapped)
            Customer._note_refused(source, counts or {}, vals.get("taken_at"))
        self.sudo().create(
            {
                "source_id": source.id,
                "user_id": self.env.uid,
                "state": "refused",
                **vals,
            }
        )
