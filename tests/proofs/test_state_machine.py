"""Whatever an MSP does in whatever order: bills and corrections are the oracle's."""

from acts import Acts, partners, pick
from conftest import LONG, SEED
from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.msp_billing.tests.common import MspBillingCommon

#: Making a failing example shorter takes minutes.
PHASES = [Phase.generate] + ([Phase.shrink] if LONG else [])


class Machine(Acts):
    """Runs and bills, each followed by the checks that it calls for."""

    # === RUNS === #
    @rule(days=st.sampled_from([1, 7, 15, 31, 31, 31, 62]))
    def days_pass_and_the_run_opens(self, days):
        self.world.pass_days(days)
        for run in self.world.run_by_cron():
            self.proof.check_run(run, {})

    @rule(days=st.sampled_from([0, 1, 20, 31]), late=st.sampled_from([0, 0, 3]))
    def days_pass_and_a_manager_bills(self, days, late):
        self.world.pass_days(days)
        run, shown = self.world.run(self.world.day(-late), preview=True)
        self.proof.check_run(run, shown)
        self.proof.check_again(run)

    @rule(days=st.sampled_from([3, 40, 130]))
    def nobody_bills_for_a_while(self, days):
        self.world.pass_days(days)

    @precondition(lambda self: self.world.cycles(("state", "=", "held")))
    @rule()
    def release(self):
        held = self.world.cycles(("state", "=", "held"))
        self._try(held.action_release, "Let it go")

    @precondition(lambda self: self.world.cycles(("state", "=", "held")))
    @rule(number=pick)
    def release_one(self, number):
        held = self.world.cycles(("state", "=", "held"))
        self._try(self._one(held, number).action_release, "Only this one")

    @rule(days=st.sampled_from([0, 1, 31]), approval=st.booleans())
    def a_run_waits(self, days, approval):
        """Start a run that a person pauses at once, or must approve."""
        self.world.pass_days(days)
        self.waiting.append(self.world.start_waiting(approval=approval))

    @precondition(lambda self: self.waiting)
    @rule()
    def a_waiting_run_goes_on(self):
        run = self.waiting.pop(0)
        self.world.go_on(run)
        self.proof.check_run(run, {})

    @rule(days=st.sampled_from([1, 31]))
    def days_pass_and_a_run_is_approved(self, days):
        self.world.pass_days(days)
        run = self.world.start_waiting(approval=True)
        shown = self.world.shown(run)
        self.world.go_on(run)
        self.proof.check_run(run, shown)

    # === BILLS === #
    @precondition(lambda self: self.world.bills)
    @rule(number=pick, again=st.booleans())
    def void(self, number, again):
        self._try(self._one(self.world.bills, number).action_msp_void, again, "Wrong")
        self.proof.check_audit()

    @precondition(lambda self: self.world.bills)
    @rule(number=pick, share=st.sampled_from([0.3, 1]))
    def pay(self, number, share):
        bill = self._one(self.world.bills, number)
        if bill.amount_residual:
            self.world.pay(bill, share)
        self.proof.check_audit()

    @precondition(lambda self: self.world.bills)
    @rule(number=pick)
    def reverse(self, number):
        self.world.reverse(self._one(self.world.bills, number))
        self.proof.check_audit()

    @rule(partner=partners)
    def archive_or_restore(self, partner):
        customer = self.world.partners[partner]
        self._try(customer.write, {"active": not customer.active})


@tagged("post_install", "-at_install")
class TestStateMachine(MspBillingCommon):
    """Run the machine: a failing example is printed as the calls that lead to it."""

    @mute_logger("odoo.addons.msp_billing.models.msp_bill_run_failure")
    def test_bills_and_corrections_are_those_of_the_oracle(self):
        clock = freeze_time("2018-01-31 12:00:00")
        frozen = clock.start()
        self.addCleanup(clock.stop)
        machine = type("Machine", (Machine,), {"case": self, "clock": frozen})
        run_state_machine_as_test(
            seed(SEED)(machine),
            settings=settings(
                max_examples=300 if LONG else 6,
                stateful_step_count=50 if LONG else 20,
                database=None,
                deadline=None,
                print_blob=True,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
