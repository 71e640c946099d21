from odoo import api, models
from odoo.tools import SQL, format_datetime

# Minutes after which a run that nobody works on says so.
PATIENCE = 2


class MspBillRun(models.Model):
    """How far a run is, as its form shows it while it works."""

    _inherit = "msp.bill.run"

    # === ACTION METHODS === #
    @api.readonly
    def get_progress(self):
        """Return how far this run is: a few counts, cheap enough to ask every seconds.

        :return: ``state``, ``previewing``; ``active`` (whether it works or waits for
            a worker); ``percent``; ``figures``: a list of ``{"name", "label",
            "value", "alarm"}`` as people read them; ``headline``, ``time_left``,
            ``workers_text`` and ``waiting``: texts, or False
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        run = self._as_bot().with_context(lang=self.env.lang, tz=self.env.user.tz)
        counts = run._progress_counts()
        active = run.state == "running" or run.previewing
        handled, left = counts["handled"], counts["remaining"]
        total = handled + left
        workers = run._workers_at_work()
        return {
            "state": run.state,
            "previewing": run.previewing,
            "active": active,
            "workers_text": active and workers and run._workers_text(workers),
            "percent": round(100 * handled / total) if total else 0,
            "headline": run._progress_headline(handled, total),
            "figures": run._progress_figures(counts),
            "time_left": active and bool(total) and run._time_left_text(handled, left),
            "waiting": active and not workers and run._waiting_text(),
        }

    # === BUSINESS METHODS === #
    def _progress_counts(self):
        """Return what is done and left of a run, one SQL statement each."""
        self.env.flush_all()
        billed, amount = 0, 0.0
        for currency_id, number, untaxed in self.env.execute_query(
            SQL(
                "SELECT currency_id, count(*), sum(amount_untaxed) "
                "FROM msp_billing_cycle WHERE run_id = %s AND state = 'billed' "
                "GROUP BY currency_id",
                self.id,
            )
        ):
            billed += number
            amount += (
                self.env["res.currency"]
                .browse(currency_id)
                ._convert(
                    float(untaxed or 0), self.currency_id, self.company_id, self.date
                )
            )
        issues = dict(
            self.env.execute_query(
                SQL(
                    "SELECT kind, count(*) FROM msp_bill_run_issue "
                    "WHERE run_id = %s GROUP BY kind",
                    self.id,
                )
            )
        )
        return {
            "billed": billed,
            "amount": amount,
            "held": issues.get("held", 0),
            "failed": issues.get("failed", 0),
            "bills": self.env["account.move"].search_count(
                [("msp_run_id", "=", self.id)]
            ),
            "handled": self._count_handled(),
            "remaining": self._count_remaining(),
        }

    def _count_handled(self):
        """Return how many subscriptions this run has billed, held or recorded."""
        if self.previewing:
            return sum(self.batch_ids.mapped("subscription_count"))
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM ("
                "SELECT subscription_id FROM msp_billing_cycle "
                "WHERE run_id = %(run)s AND state IN ('billed', 'voided') UNION "
                "SELECT subscription_id FROM msp_bill_run_issue "
                "WHERE run_id = %(run)s AND kind IN ('held', 'failed')) AS handled",
                run=self.id,
            )
        )
        return rows[0][0]

    def _count_remaining(self):
        """Return how many subscriptions are left, or 0 for a run that is over."""
        if self.previewing:
            left = [("bill_to_id.id", ">", self.preview_reached)]
            return self.env["msp.subscription"].search_count(
                self._due_run_domain() + left
            )
        if self.state not in ("running", "paused", "stopped"):
            return 0
        return self.env["msp.subscription"].search_count(self._remaining_domain())

    def _progress_headline(self, handled, total):
        if self.state == "done":
            return self.env._("%(count)s subscriptions done", count=self._figure(total))
        if self.previewing:
            return self.env._(
                "Preview: %(handled)s of %(total)s subscriptions",
                handled=self._figure(handled),
                total=self._figure(total),
            )
        if not total:
            return self.env._("Nothing is due")
        return self.env._(
            "%(handled)s of %(total)s subscriptions",
            handled=self._figure(handled),
            total=self._figure(total),
        )

    def _progress_figures(self, counts):
        """Return the figures beside the bar, as people read them."""
        if self.previewing:
            return []
        amount = self.currency_id.format(counts["amount"])
        return [
            {
                "name": name,
                "label": label,
                "value": value,
                "alarm": name == "failed" and bool(counts["failed"]),
            }
            for name, label, value in (
                ("bills", self.env._("Bills made"), self._figure(counts["bills"])),
                ("amount", self.env._("Untaxed amount"), amount),
                ("billed", self.env._("Cycles billed"), self._figure(counts["billed"])),
                ("held", self.env._("Held"), self._figure(counts["held"])),
                ("failed", self.env._("Failed"), self._figure(counts["failed"])),
                ("remaining", self.env._("Left"), self._figure(counts["remaining"])),
            )
        ]

    def _workers_text(self, workers):
        if workers == 1:
            return self.env._("1 worker is on it. You can close this page.")
        return self.env._(
            "%(count)s workers are on it. You can close this page.", count=workers
        )

    def _figure(self, number):
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
        return lang.format("%d", number, grouping=True)

    def _time_left_text(self, handled, left):
        """Return about how long the rest takes, at the pace of the last batches."""
        if not left:
            return self.env._("almost done")
        pace = self._pace()
        if not handled or not pace:
            return self.env._("the time left is known after the first batch")
        seconds = left / pace
        if seconds < 60:
            return self.env._("less than a minute left")
        minutes = round(seconds / 60)
        if minutes < 90:
            return self.env._("about %(minutes)s min left", minutes=minutes)
        return self.env._("about %(hours)s h left", hours=round(minutes / 60, 1))

    def _waiting_text(self):
        """Return that no worker has picked the run up, with the way out, or False."""
        last = self._last_seen(self._bill_crons())
        started = self.env.cr.now() - self.write_date
        if not self._bill_crons().filtered("active"):
            return self.env._(
                "No worker is switched on: an administrator switches the scheduled "
                'action "MSP Billing: bill" on (Settings > Technical > Scheduled '
                "Actions). The run then starts by itself."
            )
        seen = (
            self.env._("last seen %(time)s", time=format_datetime(self.env, last))
            if last
            else self.env._("never seen yet")
        )
        if max(started.total_seconds(), 0) < 60 * PATIENCE:
            return self.env._("Waiting for the scheduled action (%(seen)s).", seen=seen)
        return self.env._(
            "Waiting for the scheduled action (%(seen)s). Odoo starts it within a "
            "minute when its workers for scheduled actions run: ask your administrator "
            "whether max_cron_threads is at least 1 and the server is up.",
            seen=seen,
        )
