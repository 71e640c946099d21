from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestDashboardTour(MspBillingCommon, HttpCase):
    """The dashboard opens for who has it, and its figures lead to their lists."""

    def _open_as(self, login, groups):
        customer = self._customer("Acme Ltd")
        self._computers(customer, 2)
        self._subscribe(self._plan("Workstation Care", cost=12.5), customer)
        run = self._new_run("2026-02-01")
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        bot.state = "done"
        new_test_user(
            self.env,
            login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.start_tour("/odoo", "msp_billing_dashboard", login=login, timeout=180)

    def test_manager(self):
        self._open_as("manager", "msp_billing.group_msp_billing_manager")

    def test_accountant(self):
        self._open_as("accountant", "account.group_account_invoice")
