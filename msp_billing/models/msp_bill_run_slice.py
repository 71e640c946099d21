import logging
import time
from dataclasses import dataclass, field

from odoo import models

from ..tools.failure import is_lost, is_system, is_transient
from ..tools.presence import Presence
from .msp_bill_run_failure import SetBack, StopRun

_logger = logging.getLogger(__name__)

TRIES = 5


class Taken(Exception):
    """Another worker has what this one was about to bill."""


@dataclass
class Slice:
    """What a worker knows while it is on a run.

    :param Presence presence: its place among the workers
    :param set tried: ids of the subscriptions that it billed, held or recorded
    :param set pending: such ids of the transaction that is not committed yet: should
        the commit fail, they are still to be billed
    :param dict failures: payer id -> what failed, of the failures in a row
    """

    presence: Presence
    tried: set = field(default_factory=set)
    pending: set = field(default_factory=set)
    failures: dict = field(default_factory=dict)

    def settle(self):
        """Note that what was pending is committed."""
        self.tried |= self.pending
        self.pending.clear()


class MspBillRun(models.Model):
    """What one worker does in one slice of time: batch after batch."""

    _inherit = "msp.bill.run"

    # === WORK === #
    def _work(self):
        """Bill batch after batch; return False when the time is up.

        Every batch is one transaction. The subscriptions of a bill-to customer are
        locked together, so that any number of workers share a run. What is nobody's
        failure stops this run and no other one.
        """
        self.ensure_one()
        presence = Presence(self.env.cr, self.id)
        if not presence.join():
            # Another worker closes it; should it die, the next slice does.
            self._trigger_workers(minutes=1)
            return True
        # Only a transaction that begins after the lock sees what others did before.
        self.env["ir.cron"].sudo()._commit_progress()
        try:
            return self._work_until_time_is_up(Slice(presence))
        except SetBack as setback:
            self._set_back(str(setback))
        except StopRun as stop:
            self._stop(str(stop))
        except Exception as error:
            if is_lost(error, self.env.cr.closed):
                self._set_back(str(error).strip())
                raise
            _logger.exception("Bill run %s cannot go on", self.id)
            self._stop(self._describe_system(error))
        finally:
            self._leave(presence)
        return True

    def _leave(self, presence):
        if not self.env.cr.closed:
            self.env.cr.rollback()
            presence.leave()
            self.env["ir.cron"].sudo()._commit_progress()

    def _work_until_time_is_up(self, part):
        Cron = self.env["ir.cron"].sudo()
        conflicts = 0
        while self._is_running():
            try:
                done = self._work_on_batch(part)
                time_left = Cron._commit_progress(done)
                part.settle()
            except Exception as error:
                conflicts += 1
                if self.env.cr.closed or not is_transient(error):
                    raise
                if conflicts > TRIES:
                    raise SetBack(str(error).strip()) from error
                # Somebody changed what was being claimed: look again, afresh.
                self.env.cr.rollback()
                part.pending.clear()
                self._pause_a_moment(conflicts)
                continue
            if not done:
                break
            conflicts = 0
            if not time_left:
                return False
        return True

    def _is_running(self):
        """Say whether the run still works: a person may have paused it."""
        self.invalidate_recordset()
        return self.state == "running"

    def _work_on_batch(self, part):
        """Bill one batch, or close the run when none is left.

        :param Slice part: gets to know what was tried
        :return: how many subscriptions were tried; 0: nothing is left for this worker
        """
        batch = self._claim(part.tried)
        if not batch:
            self._finish(part)
            return 0
        before = len(part.tried)
        if self._try_batch(batch):
            part.pending.update(batch.ids)
        else:
            self._isolate(batch, part)
        done = len(part.tried) + len(part.pending) - before
        if not done:
            # Other workers have them; should these die, somebody must look again.
            self._trigger_workers(minutes=1)
        return done

    def _try_batch(self, batch):
        """Bill a batch in one transaction; say whether that went well."""
        started = time.monotonic()
        try:
            error = self._try_to_bill(batch)
        except Taken as taken:
            error = taken
        except SetBack as setback:
            if len(batch.bill_to_id) == 1:
                raise
            # Smaller transactions are shorter, and less in each other's way.
            error = setback
        if error is None:
            self._log_batch(batch, started)
            return True
        _logger.info("A batch is billed customer by customer: %s", error)
        return False

    def _isolate(self, batch, part):
        """Bill the customers of a batch that failed one by one, a transaction each."""
        for payer, subscriptions in batch.grouped("bill_to_id").items():
            if not self._relock(subscriptions):
                continue
            started = time.monotonic()
            try:
                error = self._try_to_bill(subscriptions)
            except Taken:
                continue
            if error is None:
                part.failures.clear()
            elif not self._fail(payer, subscriptions, error, part.failures):
                continue
            self._log_batch(subscriptions, started)
            part.pending.update(subscriptions.ids)
            self.env["ir.cron"].sudo()._commit_progress()
            part.settle()
            if not self._is_running() or self._is_past_deadline():
                return

    def _try_to_bill(self, subscriptions):
        """Bill subscriptions; return what stopped them, after a rollback, or None.

        :raises SetBack: a database that was too busy is not a customer's failure
        :raises StopRun: nor is what stops the run
        :raises Taken: when another worker has them
        """
        try:
            self._bill_with_retry(subscriptions)
        except (SetBack, StopRun, Taken):
            raise
        except Exception as error:
            if is_lost(error, self.env.cr.closed):
                raise
            if is_system(error):
                raise StopRun(self._describe_system(error)) from error
            self.env.cr.rollback()
            return error
        return None

    def _bill_with_retry(self, subscriptions):
        """Bill subscriptions, again when another transaction was in the way."""
        for attempt in range(1, TRIES + 1):
            try:
                self._bill(subscriptions)
                self.env.flush_all()
            except Exception as error:
                if self.env.cr.closed or not is_transient(error):
                    raise
                self.env.cr.rollback()
                if attempt == TRIES:
                    raise SetBack(str(error).strip()) from error
            else:
                return
            self._pause_a_moment(attempt)
            if not self._relock(subscriptions):
                raise Taken

    def _pause_a_moment(self, attempt):
        """Let the transaction that was in the way end."""
        time.sleep(0.05 * attempt)

    def _relock(self, subscriptions):
        """Lock subscriptions again after a rollback gave the locks away.

        :return: False when another worker has them, or has tried them meanwhile
        :rtype: bool
        """
        if subscriptions._lock_due() != subscriptions:
            return False
        return not self.env["msp.bill.run.issue"].search_count(
            [
                ("run_id", "=", self.id),
                ("kind", "in", ("held", "failed")),
                ("subscription_id", "in", subscriptions.ids),
            ],
            limit=1,
        )
