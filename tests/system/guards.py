"""The guards of the product: how each is switched off, and which test sees it.

Inside a process of Odoo, for the ablation: a guard that can be taken away without any
test noticing is not tested. Nothing here is known to the product. Those of the mails
are in ``guards_mail.py``.
"""

import contextlib

from odoo.addons.account.models.account_move import AccountMove as CoreMove
from odoo.addons.msp_billing.models import (
    account_move_seal,
    msp_bill_run_failure,
    msp_bill_run_open,
    msp_bill_run_slice,
    msp_bill_run_work,
    msp_billing_cycle,
)
from odoo.addons.msp_billing.tools.presence import Presence

TESTS = "odoo.addons.msp_billing.tests."


class Guard:
    """A guard, the test that must fail without it, and how it is switched off."""

    def __init__(self, test, off=None, sql=None):
        """Describe.

        :param str test: module, class and method of a test of the add-on
        :param off: called with the registry in the process that runs the test
        :param str sql: what the database does without it
        """
        self.test, self.off, self.sql = TESTS + test, off, sql


def method(model, name, replacement):
    """Return what puts another method in a model's place."""
    return lambda registry: setattr(registry[model], name, replacement)


def value(module, name, other):
    """Return what puts another value in a module's place."""
    return lambda _registry: setattr(module, name, other)


def nothing(*_args, **_values):
    """Do nothing."""


def _lock_with_waiting(subscriptions):
    subscriptions.env.cr.execute(
        "SELECT id FROM msp_subscription WHERE id = ANY(%s) FOR NO KEY UPDATE",
        [subscriptions.ids],
    )
    return subscriptions


def _utc_day(_company, moment):
    return moment.date()


def _believe_any_seal(registry):
    """Let whatever a client sends under the name of the sentinel pass."""
    move = registry["account.move"]
    original = move._msp_sealed

    def sealed(self):
        return self.browse() if self.env.context.get("msp_unseal") else original(self)

    move._msp_sealed = sealed


def _believe_any_thaw(registry):
    cycle = registry["msp.billing.cycle"]
    original = cycle._refuse_frozen

    def refuse(self):
        if not self.env.context.get("msp_unfreeze"):
            original(self)

    cycle._refuse_frozen = refuse


def _believe_any_end(registry):
    """Let whoever sends the name of the key end a plan inside billed days."""
    subscription = registry["msp.subscription"]
    original = subscription._refuse_end_in_billed_days

    def refuse(self, day):
        if not self.env.context.get("msp_unfreeze"):
            original(self, day)

    subscription._refuse_end_in_billed_days = refuse


@contextlib.contextmanager
def alone(*_args):
    """Believe to be the only one."""
    yield True


def _forget_who_failed(registry):
    """Lock a customer again without asking whether another worker recorded it."""
    registry["msp.bill.run"]._relock = lambda _run, subscriptions: (
        subscriptions._lock_due() == subscriptions
    )


RUN, CYCLE = "msp.bill.run", "msp.billing.cycle"
FAILURES = "test_bill_run_failures.TestBillRunFailures."
LOCKS = "test_bill_run_locks.TestBillRunLocks."
WORKERS = "test_bill_run_workers.TestBillRunWorkers."
BILLS = "test_bill_run.TestBillRun."
DATABASE = "test_database_guards.TestDatabaseGuards."
GUARDS = {
    # === THE DATABASE === #
    "exclude on subscriptions": Guard(
        "test_subscription.TestSubscription.test_database_refuses_an_overlap",
        sql="ALTER TABLE msp_subscription DROP CONSTRAINT msp_subscription_no_overlap",
    ),
    "exclude on computer periods": Guard(
        "test_computer_history.TestHistory.test_the_database_refuses_an_overlap",
        sql="ALTER TABLE msp_computer_period "
        "DROP CONSTRAINT msp_computer_period_no_overlap",
    ),
    "exclude on cycles": Guard(
        DATABASE + "test_days_are_in_one_cycle",
        sql="ALTER TABLE msp_billing_cycle "
        "DROP CONSTRAINT msp_billing_cycle_no_overlap",
    ),
    "unique corrections": Guard(
        DATABASE + "test_a_day_has_one_correction",
        sql="DROP INDEX msp_billing_cycle_one_correction",
    ),
    "unique snapshots": Guard(
        DATABASE + "test_a_snapshot_is_applied_once",
        sql="ALTER TABLE msp_source_sync "
        "DROP CONSTRAINT msp_source_sync_snapshot_unique",
    ),
    "unique idempotency keys": Guard(
        DATABASE + "test_a_request_is_answered_once",
        sql="ALTER TABLE msp_source_request "
        "DROP CONSTRAINT msp_source_request_key_unique",
    ),
    "unique deliveries": Guard(
        "test_delivery.TestDelivery.test_database_refuses_a_second_mail_of_a_bill",
        sql="DROP INDEX msp_delivery_one_per_step",
    ),
    # === WHO WORKS === #
    "row lock of the claim": Guard(
        LOCKS + "test_two_workers_claim_different_customers",
        method("msp.subscription", "_lock_due", lambda subscriptions: subscriptions),
    ),
    "skip locked": Guard(
        LOCKS + "test_two_workers_claim_different_customers",
        method("msp.subscription", "_lock_due", _lock_with_waiting),
    ),
    "customers as a whole": Guard(
        LOCKS + "test_a_customer_that_is_held_in_part_is_passed_over",
        lambda registry: setattr(
            registry["msp.subscription"],
            "_lock_whole",
            registry["msp.subscription"]._lock_due,
        ),
    ),
    "look again under the lock": Guard(
        WORKERS + "test_a_failure_that_another_worker_recorded_is_not_recorded_again",
        _forget_who_failed,
    ),
    "one poster": Guard(
        "test_bill_poster.TestBillPoster.test_a_secured_journal_is_left_to_its_poster",
        method(RUN, "_sole_poster", alone),
    ),
    "the last worker closes": Guard(
        WORKERS + "test_a_run_is_not_done_while_another_worker_is_on_it",
        lambda _registry: setattr(Presence, "leave_last", lambda _self: True),
    ),
    "no bill ahead of its day": Guard(
        BILLS + "test_future_run_can_only_be_previewed",
        method(RUN, "_require_not_future", nothing),
    ),
    "approval": Guard(
        BILLS + "test_approval",
        lambda registry: setattr(
            registry[RUN], "action_start", lambda run: run._set_running() or True
        ),
    ),
    "deadline of a slice": Guard(
        WORKERS + "test_a_worker_near_its_limit_leaves_the_rest_to_the_next_slice",
        method(RUN, "_is_past_deadline", lambda _run: False),
    ),
    # === WHOM A FAILURE BLAMES === #
    "customers one by one": Guard(
        BILLS + "test_failing_customer_does_not_stop_the_others",
        method(RUN, "_isolate", lambda _run, batch, part: part.tried.update(batch.ids)),
    ),
    "three equal failures": Guard(
        FAILURES + "test_the_same_failure_three_times_in_a_row_blames_nobody",
        value(msp_bill_run_failure, "SAME_ERROR_LIMIT", 99),
    ),
    "failures of the system": Guard(
        FAILURES + "test_a_full_disk_stops_the_run",
        value(msp_bill_run_slice, "is_system", lambda _error: False),
    ),
    "conflicts are tried again": Guard(
        FAILURES + "test_conflicts_are_tried_again_and_never_shown",
        value(msp_bill_run_slice, "is_transient", lambda _error: False),
    ),
    "parked after three": Guard(
        FAILURES + "test_a_customer_is_parked_after_three_failures",
        value(msp_bill_run_work, "MAX_ATTEMPTS", 99),
    ),
    "no run for who is parked": Guard(
        FAILURES + "test_a_customer_is_parked_after_three_failures",
        value(msp_bill_run_open, "MAX_ATTEMPTS", 99),
    ),
    # === WHAT IS HELD === #
    "catch-up limit": Guard(
        BILLS + "test_too_many_missed_cycles_are_held_until_released",
        method(CYCLE, "_hold_missed", lambda _cycles: {}),
    ),
    "no rate": Guard(
        BILLS + "test_currency_without_rate_is_held",
        method(CYCLE, "_hold_rate", lambda _cycles: {}),
    ),
    "no price": Guard(
        BILLS + "test_plan_without_price_is_held_and_others_are_billed",
        method(CYCLE, "_hold_prices", lambda _cycles: {}),
    ),
    # === WHAT STAYS === #
    "seal": Guard(
        "test_seal.TestSeal.test_values_of_a_bill_stay",
        method("account.move", "_msp_refuse_change", nothing),
    ),
    "seal sentinel": Guard(
        "test_seal.TestSeal.test_values_of_a_bill_stay", _believe_any_seal
    ),
    "frozen cycles": Guard(
        "test_seal.TestSeal.test_what_a_bill_rests_on_stays",
        method(CYCLE, "_refuse_frozen", nothing),
    ),
    "freezing sentinel": Guard(
        "test_seal.TestSeal.test_what_a_bill_rests_on_stays", _believe_any_thaw
    ),
    "sentinel of an end": Guard(
        "test_calendar_billing.TestCalendarBilling."
        "test_end_inside_billed_days_is_refused",
        _believe_any_end,
    ),
    "no duplicate of a bill": Guard(
        BILLS + "test_bill_cannot_be_duplicated",
        method("account.move", "copy_data", CoreMove.copy_data),
    ),
    # === DAYS === #
    "time zone of a day": Guard(
        "test_source_ingest.TestIngest.test_the_day_is_the_companys",
        method("res.company", "_msp_day", _utc_day),
    ),
}
# Named here so that a rename breaks this file and not a test in silence.
NAMED = (account_move_seal.UNSEAL, msp_billing_cycle.UNFREEZE)
