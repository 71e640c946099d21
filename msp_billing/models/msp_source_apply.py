from odoo import api, models
from odoo.exceptions import UserError

from ..tools import ingest_sql, inventory_sql
from ..tools.timeline import end, report

# So many rows of snapshots are taken in by the same statements.
MAX_ROWS = 20_000


class MspSource(models.Model):
    """Doing what plans say, in a few statements for all."""

    _inherit = "msp.source"

    # === BUSINESS METHODS === #
    def ingest_many(self, snapshots):
        """Take in the snapshots of many customers, as ``ingest`` one after another.

        A snapshot that cannot be used does not stop the others.

        :param list snapshots: see ``ingest``
        :return: for each snapshot the answer of ``ingest``, or ``{"refused": reason}``
        :rtype: list[dict]
        """
        answers = [None] * len(snapshots)
        self.ensure_one()
        self.check_access("write")
        source = self._undisturbed()
        waiting = []
        for place, data in enumerate(snapshots):
            try:
                waiting.append((place, source._read(data)))
            except UserError as error:
                source._note_refused(None, str(error))
                answers[place] = {"refused": str(error)}
        while waiting:
            wave, waiting = _wave(waiting)
            waiting = source._ingest_wave(wave, answers) + waiting
        return answers

    def _ingest_wave(self, wave, answers):
        """Take in snapshots that name different customers and computers.

        :param wave: (place, snapshot) of each
        :param list answers: the answers by place, filled here
        :return: what has to wait, since it is about a computer that another of these
            snapshots has or had; in their order
        """
        plans = self._plan_all([snapshot for _place, snapshot in wave])
        ready, late, touched = [], [], set()
        for (place, snapshot), plan in zip(wave, plans, strict=True):
            if isinstance(plan, str):
                self._note_refused(snapshot, plan)
                answers[place] = {"refused": plan}
                continue
            keys = plan.keys
            if touched & keys:
                late.append((place, snapshot))
            else:
                ready.append((place, plan))
            touched |= keys
        done = self._apply_all([plan for _place, plan in ready])
        for (place, _plan), (sync, reasons) in zip(ready, done, strict=True):
            answers[place] = _answer(sync, reasons)
        return late

    def _note_refused(self, snapshot, message):
        """Log a delivery that is refused while others go on."""
        refusal = self._refusal(snapshot, message)
        self.env["msp.source.sync"]._note_refusal(self, *refusal)

    def _apply_all(self, plans, labels=None, more=None):
        """Do what plans of different customers say; see ``_apply_plan``.

        No computer may be in two of them.

        :param list labels: gives for each plan the name of a row by its index
        :param list more: for each plan why other rows of the customer were rejected
        :return: for each plan the delivery, and the reasons by the index of the row
        """
        Sync = self.env["msp.source.sync"].sudo()
        labels = labels or [_place_label] * len(plans)
        fresh = [plan for plan in plans if not plan.first]
        if fresh:
            Sync._apply(fresh)
        reasons, vals_list = [], []
        for plan, label, others in zip(
            plans, labels, more or [()] * len(plans), strict=True
        ):
            rejected = plan.changes.rejected if plan.changes else ()
            texts = self._reasons(rejected, label) if rejected else {}
            reasons.append(texts)
            vals_list.append(
                Sync._prepare_repeated(plan)
                if plan.first
                else Sync._prepare_applied(plan, [*texts.values(), *others])
            )
        return list(zip(Sync.create(vals_list), reasons, strict=True))


class MspSourceSync(models.Model):
    _inherit = "msp.source.sync"

    # === BUSINESS METHODS === #
    @api.model
    def _apply(self, plans):
        """Change the inventory as plans say.

        Archived computers come back before their history goes on.
        """
        self.env.flush_all()
        frames = [plan.frame for plan in plans]
        seen = [
            (place, *row)
            for place, plan in enumerate(plans)
            for row in plan.changes.seen_rows
        ]
        new = [
            (place, *row)
            for place, plan in enumerate(plans)
            for row in plan.changes.new_rows
        ]
        ingest_sql.touch_customers(self.env, _left_customers(plans))
        missing = [ref for plan in plans for ref in plan.changes.missing]
        ingest_sql.note_missing(self.env, missing)
        ingest_sql.note_seen(self.env, frames, seen)
        contacts = [row for plan in plans for row in plan.changes.contacts]
        ingest_sql.note_contacts(self.env, contacts)
        self._apply_histories(plans)
        ingest_sql.create_computers(self.env, plans[0].customer.source_id, frames, new)
        ingest_sql.stamp_customers(self.env, frames)
        self.env.invalidate_all()

    @api.model
    def _apply_histories(self, plans):
        refs = [
            ref for plan in plans for ref in (*plan.changes.place, *plan.changes.end)
        ]
        if not refs:
            return
        old, new = inventory_sql.read_histories(self.env, refs), {}
        for plan in plans:
            day = plan.scene.day
            for ref, to in plan.changes.place.items():
                new[ref] = report(old[ref], day, *to)
            for ref, last in plan.changes.end.items():
                new[ref] = end(old[ref], day, last)
        inventory_sql.store_histories(self.env, old, new)


def _left_customers(plans):
    """Return the ids of the source's customers that computers are taken from."""
    return {
        known.customer
        for plan in plans
        for known, _reported in plan.changes.told
        if known.customer not in (None, plan.scene.customer)
    }


def _place_label(index):
    return f"computers[{index}]"


def _wave(waiting):
    """Return the first snapshots, one of a customer at most, and the others."""
    customers, rows = set(), 0
    for number, (_place, snapshot) in enumerate(waiting):
        rows += len(snapshot.rows)
        if snapshot.customer in customers or (number and rows > MAX_ROWS):
            return waiting[:number], waiting[number:]
        customers.add(snapshot.customer)
    return waiting, []


def _answer(sync, reasons):
    """Return what ``ingest`` answers."""
    rejected = [{"index": index, "reason": text} for index, text in reasons.items()]
    return {**sync._answer(), "rejected": rejected}
