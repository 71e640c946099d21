from datetime import timedelta

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_cron import CompletionStatus

from ..models.msp_bill_run_watchdog import STAGES
from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestWatchdog(MspBillingCommon, HttpCase):
    """Managers learn that the scheduled actions stand still, from no action of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = cls.env.cr.now().replace(microsecond=0)
        cls.crons = cls.env["ir.cron"].union(
            *(cls.env.ref(f"msp_billing.ir_cron_{stage}").sudo() for stage in STAGES)
        )
        cls.env["ir.cron.progress"].sudo().search([]).unlink()
        cls.crons.write(
            {
                "active": True,
                "failure_count": 0,
                "lastcall": cls.now,
                "nextcall": cls.now + timedelta(hours=1),
            }
        )
        cls.cron = cls.env.ref("msp_billing.ir_cron_bill").sudo()
        cls.manager = cls._user("boss", "msp_billing.group_msp_billing_manager")

    def _notices(self, user=None):
        Run = self.env["msp.bill.run"].with_user(user or self.manager)
        return "\n".join(Run.get_scheduler_notices())

    def test_nothing_is_told_while_all_run(self):
        self.assertFalse(self._notices())
        self.assertFalse(self._new_run("2026-02-01").scheduler_notice)

    def test_an_action_that_does_not_run(self):
        late = self.now - timedelta(hours=5)
        self.cron.write({"lastcall": late, "nextcall": late + timedelta(hours=1)})
        self.assertIn("“MSP Billing: bill” has not run since", self._notices())
        self.assertIn("Settings > Technical", self._notices())
        run = self._new_run("2026-02-01").with_user(self.manager)
        self.assertIn("has not run since", run.scheduler_notice)
        self.cron.lastcall = False
        self.assertIn("“MSP Billing: bill” has never run", self._notices())
        # One that works for hours, slice after slice, is at work.
        self.env["ir.cron.progress"].sudo().create({"cron_id": self.cron.id})
        self.assertFalse(self._notices())

    def test_an_action_that_is_off_or_fails(self):
        self.cron.active = False
        self.assertIn("“MSP Billing: bill” is switched off", self._notices())
        self.cron.write({"active": True, "failure_count": 3})
        self.assertIn("has failed 3 times in a row", self._notices())

    def test_who_is_told(self):
        self.cron.active = False
        for login, groups in (
            ("seller", "msp_billing.group_msp_billing_sales"),
            ("clerk", "account.group_account_invoice"),
        ):
            self.assertFalse(self._notices(self._user(login, groups)))

    # === FROM OUTSIDE === #
    def _health(self, user):
        Keys = self.env["res.users.apikeys"].with_user(user)
        key = Keys.sudo()._generate("rpc", "monitoring", self.now + timedelta(days=1))
        headers = {"Authorization": f"Bearer {key}"}
        return self.url_open("/msp/v1/health", headers=headers)

    def test_a_monitoring_asks_by_an_api_key(self):
        answer = self._health(self.manager)
        self.assertEqual(answer.status_code, 200)
        expected = {"status": "ok", "stages": dict.fromkeys(STAGES, "ok")}
        self.assertEqual(answer.json(), expected)
        self.cron.active = False
        answer = self._health(self.manager)
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.json()["stages"]["bill"], "late")
        self.assertEqual(answer.json()["stages"]["audit"], "ok")

    @mute_logger("odoo.http")
    def test_a_monitoring_without_the_right_is_refused(self):
        seller = self._user("seller", "msp_billing.group_msp_billing_sales")
        self.assertEqual(self._health(seller).status_code, 403)
        self.assertEqual(self.url_open("/msp/v1/health").status_code, 401)

    def test_managers_are_asked_when_odoo_switches_an_action_off(self):
        def fail_for_a_week(cron):
            job = {
                "id": cron.id,
                "cron_name": cron.cron_name,
                "failure_count": 4,
                "first_failure_date": self.now - timedelta(days=8),
                "active": True,
            }
            with mute_logger("odoo.addons.base.models.ir_cron"):
                cron.browse()._update_failure_count(job, CompletionStatus.FAILED)
            cron.invalidate_recordset()
            self.assertFalse(cron.active)
            return self.env["mail.activity"].search(
                [("user_id", "=", self.manager.id), ("summary", "like", "MSP Billing")]
            )

        foreign = self.cron.copy({"name": "Another action", "active": True})
        self.assertFalse(fail_for_a_week(foreign))
        activity = fail_for_a_week(self.cron)
        self.assertEqual(len(activity), 1)
        self.assertIn("deactivated after failing", str(activity.note))
        self.assertEqual(activity.res_model, "res.partner")
