from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

MINUTE = timedelta(seconds=60)
# By hand before what the runs queued, and these in their order.
QUEUE_ORDER = "by_hand desc, id"


class MspDelivery(models.Model):
    """How many mails leave in a minute, and who waits for how long.

    What left is told by the records alone, so a sender that was restarted knows it
    too. Each mail is counted at the moment after which it cannot have been handed over
    any more, and only one sender works on a database: in no span of 60 seconds more
    are handed over than the company allows.
    """

    _inherit = "msp.delivery"

    # === FIELDS === #
    by_hand = fields.Boolean(
        readonly=True, help="A person asked for it: it goes before the others."
    )
    date_tried = fields.Datetime(string="Last Handed Over at", readonly=True)
    recent_tries = fields.Integer(
        readonly=True,
        aggregator=None,
        help="How often it was handed over, each time within a minute of the last.",
    )
    queue_position = fields.Integer(
        string="Position",
        compute="_compute_queue",
        help="In the queue of its company: 1 is next.",
    )
    date_expected = fields.Datetime(
        string="Expected at",
        compute="_compute_queue",
        help="When it leaves at the earliest: after those before it, at so many mails "
        "per minute as the settings allow.",
    )

    _tried_idx = models.Index("(company_id, date_tried) WHERE date_tried IS NOT NULL")

    # === COMPUTE METHODS === #
    @api.depends("state", "next_try", "by_hand", "company_id")
    def _compute_queue(self):
        self.queue_position, self.date_expected = 0, False
        waiting = self.filtered(lambda delivery: delivery.state == "queued")
        now = fields.Datetime.now()
        for company, own in waiting.grouped("company_id").items():
            limit = company.sudo().msp_mails_per_minute
            places = self._queue_places(company)
            used = self._used_slots(company)[1] if limit else 0
            for delivery in own:
                position = places.get(delivery._origin.id, 0)
                delivery.queue_position = position
                minutes = (used + position - 1) // limit if limit and position else 0
                delivery.date_expected = max(
                    now + minutes * MINUTE, delivery.next_try or now
                )

    # === BUSINESS METHODS === #
    @api.model
    def _queue_places(self, company):
        """Return the position of each mail of a company that may leave, by its id.

        :rtype: dict[int, int]
        """
        queue = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "queued"),
                "|",
                ("next_try", "=", False),
                ("next_try", "<=", fields.Datetime.now()),
            ],
            order=QUEUE_ORDER,
        )
        return {res_id: place for place, res_id in enumerate(queue.ids, 1)}

    @api.model
    def _used_slots(self, company):
        """Return the time of the database, and how many mails left in the last minute.

        All servers ask the same clock.

        :rtype: tuple[datetime, int, datetime or None]
        :return: and when the first of them left
        """
        self.flush_model(["company_id", "date_tried", "recent_tries"])
        [row] = self.env.execute_query(
            SQL(
                """
                WITH clock AS (
                    SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')
                        AS now
                )
                SELECT clock.now,
                       COALESCE(
                           sum(GREATEST(delivery.recent_tries, 1))
                           FILTER (WHERE delivery.id IS NOT NULL), 0),
                       min(delivery.date_tried)
                  FROM clock
                  LEFT JOIN msp_delivery delivery
                    ON delivery.company_id = %s
                   AND delivery.date_tried <= clock.now
                   AND delivery.date_tried >= clock.now - interval '60 seconds'
                 GROUP BY clock.now
                """,
                company.id,
            )
        )
        return row

    @api.model
    def _wait_for_slot(self, company):
        """Ask for the next slice when the company has no slot left for a mail now.

        :return: whether it has none
        :rtype: bool
        """
        limit = company.sudo().msp_mails_per_minute
        if not limit:
            return False
        now, used, first = self._used_slots(company)
        if used < limit:
            return False
        # Both were cut to the second, so one more is sure to be later than a minute.
        self._trigger_cron("deliver", at=(first or now) + MINUTE + timedelta(seconds=1))
        return True

    @api.model
    def _clock(self):
        [(now,)] = self.env.execute_query(
            SQL("SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')")
        )
        return now

    def _prepare_try(self):
        """Return the values of a mail that is handed over from now on."""
        self.ensure_one()
        now = self._clock()
        is_recent = self.date_tried and now - self.date_tried <= MINUTE
        return {
            "state": "sending",
            "attempts": self.attempts + 1,
            "date_tried": now,
            "recent_tries": self.recent_tries + 1 if is_recent else 1,
        }
