from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .inventory_common import SourceCase, day


@tagged("post_install", "-at_install")
class TestIngestAccess(SourceCase):
    def test_who_may_deliver(self):
        snapshot = self.snapshot("1 Apr", "1")
        for login, groups in (
            ("src_sales", "msp_billing.group_msp_billing_sales"),
            ("src_auditor", "account.group_account_readonly"),
            ("src_employee", "base.group_user"),
        ):
            user = new_test_user(self.env, login, groups=groups)
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
                self.source.with_user(user).ingest(snapshot)
        for login, group in (("src_manager", "manager"), ("src_bot", "bot")):
            user = new_test_user(
                self.env, login, groups=f"msp_billing.group_msp_billing_{group}"
            )
            self.source.with_user(user).ingest(snapshot)
            last = self.source.sync_ids.sorted("id")[-1]
            self.assertEqual(last.user_id, user)

    def test_the_log_cannot_be_changed(self):
        self.ingest("1 Apr", "1")
        manager = new_test_user(
            self.env, "src_manager", groups="msp_billing.group_msp_billing_manager"
        )
        sync = self.source.sync_ids.with_user(manager)
        with self.assertRaises(AccessError):
            sync.write({"added": 7})
        with self.assertRaises(AccessError):
            sync.unlink()

    def test_a_clients_context_has_no_say(self):
        source = self.source.with_context(
            default_active=False, default_serial="X", default_message="All is well"
        )
        source.ingest(self.snapshot("1 Apr", "1"))
        computer = self.find("1")
        self.assertTrue(computer.active)
        self.assertFalse(computer.serial)
        self.assertFalse(self.source.sync_ids.message)

    def test_another_company(self):
        other = self.env["res.company"].create(
            {"name": "Other", "msp_timezone": "Pacific/Auckland"}
        )
        source = self.env["msp.source"].create(
            {"name": "RMM", "code": "rmm", "company_id": other.id}
        )
        source.customer_map_ids.create(
            {
                "source_id": source.id,
                "external_key": "A",
                "partner_id": self.acme.id,
            }
        )
        snapshot = self.snapshot("1 Apr", "1")
        source.ingest({**snapshot, "taken_at": "2026-04-01T20:00:00Z"})
        computer = self.env["msp.computer"].search([("source_id", "=", source.id)])
        self.assertEqual(computer.company_id, other)
        self.assertEqual(computer.date_from, day("2 Apr"))
        manager = new_test_user(
            self.env, "src_manager", groups="msp_billing.group_msp_billing_manager"
        )
        with self.assertRaises(AccessError):
            source.with_user(manager).ingest(snapshot)

    def test_code_is_made_from_the_name(self):
        source = self.env["msp.source"].create({"name": "Our RMM (west)"})
        self.assertEqual(source.code, "our_rmm_west")

    def test_nobody_is_mailed_and_nothing_is_logged_on_computers(self):
        self.ingest("1 Apr", "1")
        self.ingest("2 Apr", self.row("1", "server"))
        self.assertFalse(self.find("1").message_ids)

    def test_a_thousand_computers_take_few_queries(self):
        rows = [self.row(str(number)) for number in range(1000)]
        self.ingest("1 Apr", *rows)
        self.env.flush_all()
        with self.assertQueryCount(25):
            self.assertAnswer(self.ingest("2 Apr", *rows), unchanged=1000)
            self.env.flush_all()
        with self.assertQueryCount(25):
            self.assertAnswer(
                self.ingest("3 Apr", *rows[:500]), unchanged=500, removed=500
            )
            self.env.flush_all()
