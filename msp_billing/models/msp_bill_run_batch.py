import time
from datetime import timedelta

from odoo import fields, models

# The last ones tell the pace of now: when another worker comes, it changes soon.
PACE_BATCHES = 20
# Seconds without work that are a pause, not a wait for the next slice.
LONGEST_WAIT = 120


class MspBillRunBatch(models.Model):
    """How long a batch of a run took: from it people learn when the run will be done.

    Written in the transaction of its batch, a row of its own: workers that share a run
    never wait for each other to count.
    """

    _name = "msp.bill.run.batch"
    _description = "Bill Run Batch"
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS === #
    run_id = fields.Many2one(
        comodel_name="msp.bill.run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="run_id.company_id", store=True, index=True, precompute=True
    )
    date_start = fields.Datetime(required=True, readonly=True)
    date_end = fields.Datetime(required=True, readonly=True)
    seconds = fields.Float(readonly=True, aggregator="sum")
    subscription_count = fields.Integer(string="Subscriptions", readonly=True)


class MspBillRun(models.Model):
    """The pace of a run, told by its batches."""

    _inherit = "msp.bill.run"

    # === FIELDS === #
    batch_ids = fields.One2many(
        comodel_name="msp.bill.run.batch",
        inverse_name="run_id",
        readonly=True,
        copy=False,
    )

    # === BUSINESS METHODS === #
    def _log_batch(self, subscriptions, started):
        """Note what a batch did, in its transaction.

        :param float started: monotonic time of its begin, in seconds
        """
        self.ensure_one()
        seconds = time.monotonic() - started
        now = fields.Datetime.now()
        self.env["msp.bill.run.batch"].create(
            {
                "run_id": self.id,
                "date_start": now - timedelta(seconds=round(seconds)),
                "date_end": now,
                "seconds": seconds,
                "subscription_count": len(subscriptions),
            }
        )
        if self.setbacks:
            self.setbacks = 0

    def _pace(self):
        """Return subscriptions per second of the last batches, or 0.0 without any.

        The time between them counts too, unless the run was paused: workers wait for
        their turn among the other scheduled actions.
        """
        self.ensure_one()
        batches = self.env["msp.bill.run.batch"].search_fetch(
            [("run_id", "=", self.id)],
            ["date_start", "date_end", "seconds", "subscription_count"],
            limit=PACE_BATCHES,
            order="date_end desc, id desc",
        )
        busy, reached = 0.0, None
        for batch in reversed(batches):
            begin = batch.date_start if reached is None else reached
            gap = (batch.date_start - begin).total_seconds()
            if gap > LONGEST_WAIT:
                begin = batch.date_start
            busy += max((batch.date_end - begin).total_seconds(), 0.0)
            reached = max(reached or batch.date_end, batch.date_end)
        # Whole seconds tell nothing about the first, quick batches.
        busy = busy or sum(batches.mapped("seconds"))
        done = sum(batches.mapped("subscription_count"))
        return done / busy if busy else 0.0
