from datetime import timedelta
from xmlrpc.client import Fault

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .http_common import InventoryHttpCase


@tagged("post_install", "-at_install")
class TestKeys(InventoryHttpCase):
    """Whose key opens the door, and what else it opens: nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.source.agent_user_id
        cls.manager = new_test_user(
            cls.env, "key_manager", groups="msp_billing.group_msp_billing_manager"
        )

    def other_key(self, user, scope, days=30):
        Keys = self.env["res.users.apikeys"].with_user(user).sudo()
        until = days and fields.Datetime.now() + timedelta(days=days)
        return Keys._generate(scope, "Other", until)

    def assertRefused(self, status, pattern, key=None):
        before = self.inventory()
        bearer = f"Bearer {key or self.key}"
        answer = self.post(self.snapshot("1"), Authorization=bearer)
        self.assertEqual(answer.status, status, answer.text)
        self.assertRegex(answer.message, pattern)
        self.assertEqual(self.inventory(), before)
        self.assertFalse(self.computers())

    # === WHOSE KEY === #
    def test_the_key_of_the_source(self):
        self.assertEqual(self.post(self.snapshot("1")).status, 200)

    def test_a_colleague_s_key(self):
        """One without scope opens everything in Odoo, but not this."""
        for name, scope in (
            ("global", None),
            ("rpc", "rpc"),
            ("plugin", "odoo.plugin"),
        ):
            with self.subTest(name):
                key = self.other_key(self.manager, scope)
                self.assertRefused(401, "not known", key)

    def test_a_colleague_s_key_of_this_scope(self):
        key = self.other_key(self.manager, "msp_inventory")
        self.assertRefused(403, "The key is not of a source", key)

    def test_the_agent_s_key_of_another_scope(self):
        for scope in (None, "rpc"):
            with self.subTest(scope):
                key = self.other_key(self.agent, scope)
                self.assertRefused(401, "not known", key)

    def test_a_user_whom_no_source_names(self):
        nobody = self.agent.copy({"login": "nobody", "group_ids": [Command.clear()]})
        key = self.other_key(nobody, "msp_inventory")
        self.assertRefused(403, "not of a source", key)

    def test_an_agent_who_was_put_into_a_group(self):
        for group in ("base.group_portal", "base.group_user"):
            with self.subTest(group):
                self.agent.group_ids = self.env.ref(group)
                self.assertRefused(403, "is in a group.*RMM out of all groups")

    def test_expired(self):
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = %s WHERE user_id = %s",
            ["2020-01-01", self.agent.id],
        )
        self.assertRefused(401, "not known, expired, or revoked")
        self.assertEqual(self.source.key_ids.state, "expired")

    def test_archived(self):
        self.source.active = False
        self.assertRefused(403, "RMM is archived and accepts nothing")
        self.source.active = True
        self.agent.active = False
        self.assertRefused(401, "not known")
        self.agent.active = True
        self.assertEqual(self.post(self.snapshot("1")).status, 200)

    def test_archived_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        source = self.env["msp.source"].create(
            {"name": "Far", "code": "far", "company_id": other.id}
        )
        key = self.new_key(source)
        # Odoo lets nobody archive a company with an active user; a script may.
        self.env.cr.execute(
            "UPDATE res_company SET active = false WHERE id = %s", [other.id]
        )
        self.env.invalidate_all()
        self.assertRefused(403, "The company of Far is archived", key)

    def test_a_deleted_source(self):
        self.source.customer_map_ids.unlink()
        # As from the list of archived ones.
        self.source.with_context(active_test=False).unlink()
        self.assertFalse(self.agent.active)
        self.assertFalse(self.agent.partner_id.active)
        self.assertRefused(401, "not known")

    # === WHAT ELSE IT OPENS === #
    def test_nothing_else_by_json(self):
        for model in ("res.partner", "msp.source", "msp.computer", "res.users"):
            answer = self.url_open(
                f"/json/2/{model}/search",
                json={"domain": []},
                headers={"Authorization": f"Bearer {self.key}"},
            )
            self.assertEqual(answer.status_code, 401, answer.text)

    def test_nothing_else_by_xmlrpc(self):
        database, login = self.env.cr.dbname, self.agent.login
        self.assertFalse(self.xmlrpc_common.authenticate(database, login, self.key, {}))
        with self.assertRaises(Fault), mute_logger("odoo.http", "odoo.service"):
            self.xmlrpc_object.execute_kw(
                database, self.agent.id, self.key, "res.partner", "search", [[]]
            )

    def test_nothing_else_by_the_web(self):
        for password in (self.key, "", self.agent.login):
            page = self.url_open("/web/login")
            token = page.text.split('csrf_token: "')[1].split('"')[0]
            with mute_logger("odoo.addons.base.models.res_users"):
                answer = self.url_open(
                    "/web/login",
                    data={
                        "login": self.agent.login,
                        "password": password,
                        "csrf_token": token,
                    },
                )
            self.assertIn("/web/login", answer.url)
        answer = self.url_open(
            "/web/session/get_session_info",
            json={"params": {}},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        self.assertNotIn("result", answer.json())

    def test_no_rights_in_the_house(self):
        for model in ("res.partner", "res.users", "msp.source", "msp.computer"):
            Model = self.env[model].with_user(self.agent)
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(Model.has_access(operation), f"{operation} {model}")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
            self.source.with_user(self.agent).ingest(self.snapshot("1"))

    # === THE AGENT === #
    def test_the_agent(self):
        self.assertFalse(self.agent.all_group_ids)
        self.assertTrue(self.agent.share)
        self.assertEqual(self.agent.company_ids, self.company)
        self.assertEqual(self.agent.name, "Agent of RMM")
        self.assertRegex(self.agent.login, r"^msp_agent_rmm_[0-9a-f]{8}$")
        self.env.cr.execute(
            "SELECT password FROM res_users WHERE id = %s", [self.agent.id]
        )
        self.assertEqual(self.env.cr.fetchone(), (None,))
        # A second key is for the same agent.
        self.new_key(self.source, "Second")
        self.assertEqual(self.source.agent_user_id, self.agent)

    def test_nobody_else_can_be_named_as_agent(self):
        source = self.env["msp.source"].create({"name": "Second", "code": "second"})
        with self.assertRaisesRegex(ValidationError, "must be in no group"):
            source.sudo().agent_user_id = self.manager
        with self.assertRaisesRegex(UserError, "he is not chosen"):
            source.with_user(self.manager).agent_user_id = self.manager
        with self.assertRaises(AccessError):
            self.source.with_user(
                new_test_user(
                    self.env, "s", groups="msp_billing.group_msp_billing_sales"
                )
            ).read(["agent_user_id"])

    def test_a_copied_source_has_no_agent(self):
        copy = self.source.copy({"code": "copy"})
        self.assertFalse(copy.agent_user_id)
        self.assertFalse(copy.key_ids)

    # === KEYS ON THE FORM === #
    def call(self, model, method, ids, checked=True):
        """Call a method as the manager's browser does."""
        last = {"identity-check-last": fields.Datetime.now().timestamp()}
        self.authenticate(
            "key_manager", "key_manager", session_extra=last if checked else None
        )
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": [ids], "kwargs": {}},
        )

    def new_dialog(self, source, **values):
        return (
            self.env["msp.source.key.new"]
            .with_user(self.manager)
            .create({"source_id": source.id, "name": "Server", **values})
        )

    def test_a_manager_makes_a_key(self):
        source = self.env["msp.source"].create({"name": "New RMM"})
        self.env["msp.source.customer"].create(
            {
                "source_id": source.id,
                "external_key": "O'Neill",
                "partner_id": self.acme.id,
            }
        )
        dialog = self.new_dialog(source)
        action = self.call("msp.source.key.new", "action_create_key", dialog.ids)
        self.assertEqual(action["res_model"], "msp.source.key.show")
        context = action["context"]
        key = context["default_key"]
        self.assertRegex(key, r"^[0-9a-f]{40}$")
        shown = self.env["msp.source.key.show"].with_user(self.manager)
        values = shown.with_context(**context).onchange(
            {}, [], {"key": {}, "example": {}}
        )
        self.assertEqual(values["value"]["key"], key)
        self.assertIn(f"Bearer {key}", context["default_example"])
        self.assertIn("/msp/v1/inventory", context["default_example"])
        # As the shell reads it.
        self.assertIn("""O'"'"'Neill""", context["default_example"])
        self.assertIn('"complete": false', context["default_example"])
        listed = source.with_user(self.manager).key_ids
        self.assertRecordValues(listed, [{"name": "Server", "state": "valid"}])
        days = (listed.expiration_date - fields.Datetime.now()).days
        self.assertIn(days, (364, 365))
        answer = self.post(
            self.snapshot("1", customer="O'Neill"), Authorization=f"Bearer {key}"
        )
        self.assertEqual(answer.status, 200)

    def test_who_is_at_the_keyboard_is_checked(self):
        dialog = self.new_dialog(self.source)
        for model, method, ids in (
            ("msp.source.key.new", "action_create_key", dialog.ids),
            ("msp.source.key", "action_revoke", self.source.key_ids.ids),
        ):
            action = self.call(model, method, ids, checked=False)
            self.assertEqual(action["res_model"], "res.users.identitycheck")
        self.assertEqual(self.source.key_ids.mapped("name"), ["Test"])
        with self.assertRaisesRegex(UserError, "over HTTP"):
            self.source.key_ids.action_revoke()

    def test_revoked_at_once(self):
        second = self.new_key(self.source, "Second")
        first = self.source.key_ids.filtered(lambda key: key.name == "Test")
        self.call("msp.source.key", "action_revoke", first.ids)
        self.assertEqual(self.source.key_ids.mapped("name"), ["Second"])
        self.assertRefused(401, "not known")
        answer = self.post(self.snapshot("1"), Authorization=f"Bearer {second}")
        self.assertEqual(answer.status, 200)

    def test_two_keys_at_a_time(self):
        self.new_key(self.source, "Second")
        with self.assertRaisesRegex(UserError, "2 valid keys: Second, Test. Revoke"):
            self.new_key(self.source, "Third")
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = '2020-01-01' "
            "WHERE user_id = %s AND name = 'Test'",
            [self.agent.id],
        )
        self.env.invalidate_all()
        self.assertTrue(self.new_key(self.source, "Third"))

    def test_a_key_that_expires_soon(self):
        self.new_key(self.source, "Soon", days=29)
        soon = self.source.key_ids.filtered(lambda key: key.name == "Soon")
        self.assertEqual(soon.state, "expiring")

    def test_who_may_make_and_revoke_keys(self):
        sales = new_test_user(
            self.env, "key_sales", groups="msp_billing.group_msp_billing_sales"
        )
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "key_stranger",
            groups="msp_billing.group_msp_billing_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        until = fields.Datetime.now() + timedelta(days=9)
        for user in (sales, stranger):
            source = self.source.with_user(user)
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
                self.env["msp.source.key"].with_user(user)._make(source, "x", until)
        self.assertFalse(self.env["msp.source.key"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.env["msp.source.key"].with_user(sales).search([])

    def test_dialog_of_the_form(self):
        action = self.source.with_user(self.manager).action_new_key()
        self.assertEqual(action["res_model"], "msp.source.key.new")
        dialog = (
            self.env["msp.source.key.new"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .new({})
        )
        self.assertEqual(dialog.source_id, self.source)
        self.assertEqual(dialog.duration, "365")
