from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.snapshot import SnapshotError, read_frame
from ..tools.snapshot_texts import Texts

# How far the clock of a machine that reports may be ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)


class MspSource(models.Model):
    """What a source delivers: planned by reading only, then applied."""

    _inherit = "msp.source"

    # === BUSINESS METHODS === #
    def ingest(self, snapshot):
        """Take in what the source saw at one customer at one moment.

        :param dict snapshot: ``{"customer": key, "taken_at": ISO date-time with
            offset, "complete": bool, "computers": [{"key", "name", "type", "serial",
            "last_contact"}]}``; ``"confirmed_empty": true`` with an empty list ends
            all computers of the customer
        :return: ``{"added", "removed", "changed", "unchanged",
            "rejected": [{"index", "reason"}]}``
        :rtype: dict
        :raises UserError: when the snapshot as a whole cannot be used
        """
        sync, reasons = self._ingest(snapshot, lambda index: f"computers[{index}]")
        rejected = [{"index": index, "reason": text} for index, text in reasons.items()]
        return {**sync._answer(), "rejected": rejected}

    def _ingest(self, data, label):
        """Take in a snapshot and return its log entry and the rejected rows.

        :param label: gives the name of a row in messages by its index
        :return: the delivery, and the reasons by the index of the row
        """
        self.ensure_one()
        self.check_access("write")
        source = self._undisturbed()
        snapshot = None
        try:
            snapshot = source._read(data)
            return source._deliver(snapshot, label)
        except UserError as error:
            source._refuse(snapshot, str(error))
            raise

    def _undisturbed(self):
        """Return the source without what a client put into the context."""
        # pylint: disable=context-overridden
        source = self.with_context({"lang": self.env.lang, "tracking_disable": True})
        return source.with_company(self.company_id)

    def _read(self, data):
        try:
            return read_frame(data)
        except SnapshotError as error:
            raise UserError(
                self.env._(
                    "%(name)s: %(reason)s",
                    name=self.name,
                    reason=Texts(self.env).frame(error),
                )
            ) from error

    def _refuse(self, snapshot, message):
        """Log a delivery that is refused; the error goes on to who delivered."""
        vals, unmapped, counts = self._refusal(snapshot, message)
        self.env["msp.source.sync"]._log_refused(self, vals, unmapped, counts)

    def _refusal(self, snapshot, message):
        """Return the log of a refused delivery; see ``_note_refusal``.

        :return: the values, the customer that is not mapped, its number of rows
        """
        if not snapshot:
            return {"message": message}, {}, {}
        customer = self._mapped(snapshot.customer)
        unmapped = {} if customer.partner_id else {snapshot.customer: False}
        vals = {
            **self.env["msp.source.sync"]._prepare_frame(self, snapshot),
            "message": message,
            "source_customer_id": customer.id,
            "partner_id": customer.partner_id.id,
        }
        return vals, unmapped, {snapshot.customer: len(snapshot.rows)}

    def _mapped(self, key):
        """Return the source's customer with a key, mapped or not."""
        return self.env["msp.source.customer"].search(
            [("source_id", "=", self.id), ("external_key", "=", key)]
        )

    def _deliver(self, snapshot, label):
        """Apply a snapshot; see ``_ingest``."""
        return self._apply_plan(self._plan(snapshot), label)

    # === PLAN === #
    def _plan(self, snapshot, elsewhere=frozenset(), lock=True):
        """Return what a snapshot would change. Nothing is written.

        :param elsewhere: the keys that the same delivery reports at other customers;
            they move, and do not end here
        :param bool lock: keep other deliveries for the customer waiting, as who
            applies the plan must
        :rtype: Plan
        :raises UserError: when the snapshot as a whole cannot be used
        """
        [plan] = self._plan_all([snapshot], elsewhere, lock)
        if isinstance(plan, str):
            raise UserError(plan)
        return plan

    def _apply_plan(self, plan, label, more=()):
        """Do what a plan says, in the transaction that made it; see ``_ingest``.

        :param more: why other rows of the customer were rejected before
        """
        [done] = self._apply_all([plan], [label], [more])
        return done

    def _kinds(self):
        """Return the ids of computer types by what the source calls them.

        What people mapped in the source wins over codes and names of types.
        """
        kinds = self.env["msp.computer.type"]._by_reported_name()
        mapped = self.sudo().type_map_ids.filtered("type_id.active")
        return {**kinds, **{line.name.casefold(): line.type_id.id for line in mapped}}

    def _check_active(self):
        if not self.active:
            raise UserError(
                self.env._(
                    "%(name)s is archived and accepts nothing. Unarchive it, or stop "
                    "what delivers for it.",
                    name=self.name,
                )
            )

    @api.model
    def _reasons(self, rejected, label):
        """Return the texts of rejected rows by their index."""
        known, texts = self._known_types_text(), Texts(self.env)
        return {row.index: texts.row(row, known=known, label=label) for row in rejected}

    @api.model
    def _known_types_text(self):
        return ", ".join(self.env["msp.computer.type"]._reportable().mapped("code"))

    def _unmapped_text(self, key):
        return self.env._(
            "%(name)s: customer %(key)s is not mapped. Choose who that is in the "
            "customers of the source, and deliver again.",
            name=self.name,
            key=key,
        )

    def _check_clock(self, snapshot):
        now = fields.Datetime.now()
        if snapshot.taken_at > now + CLOCK_TOLERANCE:
            raise UserError(
                self.env._(
                    "%(name)s: the snapshot of %(customer)s was taken at %(moment)s "
                    "UTC, but it is %(now)s UTC. Set the clock or the offset of the "
                    "machine that reports.",
                    name=self.name,
                    customer=snapshot.customer,
                    moment=snapshot.taken_at,
                    now=now,
                )
            )
