from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import MspBillingCommon
from .web_client import WebClient

ROLES = {
    "sales": "msp_billing.group_msp_billing_sales",
    "manager": "msp_billing.group_msp_billing_manager",
    "accountant": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
}


@tagged("post_install", "-at_install")
class TestScreens(MspBillingCommon):
    """Every screen opens for everybody who sees its menu, with something on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._users(ROLES)
        cls._fill_screens()

    @classmethod
    def _fill_screens(cls):
        """Make a record for every list: bills, held cycles, a source, readings..."""
        customer = cls._customer()
        site = cls._customer("North", parent_id=customer.id, is_company=False)
        cls._computers(customer, 2)
        cls._computers(site, 1, type_=cls.server)
        term = cls.env.ref("account.account_payment_term_30days")
        tiers = [Command.create({"from_quantity": 0, "unit_price": 5})]
        plan = cls._plan(
            prices=[
                {"name": "Plain", "unit_price": 5},
                {"name": "Tiered", "price_model": "volume", "tier_ids": tiers},
            ],
            product_id=cls.product.id,
        )
        cls._subscribe(
            plan,
            customer,
            payment_term_id=term.id,
            price_override_ids=[
                Command.create({"price_id": plan.price_ids[0].id, "unit_price": 4})
            ],
            extra_charge_ids=[
                Command.create(
                    {"name": "Setup", "date": "2026-01-05", "unit_price": 50}
                )
            ],
        )
        cls._subscribe(cls._plan("Empty", cost=0), site)
        source = cls.env["msp.source"].create(
            {"name": "RMM", "code": "screens", "company_id": cls.company.id}
        )
        cls.env["msp.source.customer"].create(
            {"source_id": source.id, "external_key": "A", "partner_id": customer.id}
        )
        cls.env["msp.count.reading"].create(
            {
                "partner_id": site.id,
                "type_id": cls.server.id,
                "date": "2026-01-01",
                "quantity": 3,
            }
        )

    def _check(self, role, *expected):
        """Open all screens of a role; the models expected must have shown a record."""
        self._bill("2026-02-01")
        client = WebClient(self.env(user=self.users[role]))
        menus = client.menus(self.env.ref("msp_billing.msp_billing_menu_root"))
        self.assertTrue(menus)
        for title, action in menus:
            client.open(f"{role}{title}", action)
        self.assertFalse(client.problems, "\n" + "\n".join(client.problems))
        for model in (
            "msp.service.plan",
            "msp.subscription",
            "account.move",
            "msp.computer",
            "msp.source",
            "msp.count.reading",
            "msp.billing.cycle",
            "msp.charge",
            "msp.delivery",
            *expected,
        ):
            self.assertTrue(client.seen.get(model), f"{role} saw no {model}")
        return menus

    def _titles(self, menus):
        return {title.rsplit(" > ", 1)[-1] for title, _action in menus}

    def test_screens_of_sales(self):
        titles = self._titles(self._check("sales"))
        self.assertFalse(titles & {"Bill Runs", "Import CSV", "Billing Settings"})

    def test_screens_of_the_manager(self):
        expected = ("msp.bill.run", "msp.reminder.step", "msp.computer.type")
        titles = self._titles(self._check("manager", *expected))
        self.assertLessEqual({"Bill Runs", "Import CSV", "Billing Settings"}, titles)
        # Odoo's settings page is the administrator's.
        self.assertNotIn("Settings", titles)

    def test_screens_of_the_accountant(self):
        titles = self._titles(self._check("accountant", "msp.bill.run"))
        self.assertFalse(titles & {"Import CSV", "Billing Settings"})

    def test_screens_of_the_auditor(self):
        titles = self._titles(self._check("auditor", "msp.bill.run"))
        self.assertFalse(titles & {"Import CSV", "Billing Settings"})

    def _queries(self, call):
        """Return how many queries a call takes with nothing read before."""
        self.env.flush_all()
        call()  # What is kept for all users, rights and views, is read before.
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        return self.env.cr.sql_log_count - before

    def test_screens_ask_few_queries(self):
        """A list of whatever length, the dashboard too, takes fewer than ten.

        The list of customers is Odoo's own.
        """
        self._bill("2026-02-01")
        # As the web client asks.
        env = self.env(user=self.users["manager"], context={"lang": "en_US"})
        client, asked = WebClient(env), {}
        for title, action in client.menus(
            self.env.ref("msp_billing.msp_billing_menu_root")
        ):
            ours = action.get("res_model", "") not in ("res.partner", "")
            if ours and "list" in action.get("view_mode", ""):
                asked[title] = self._queries(client.list_reader(title, action))
        asked["dashboard"] = self._queries(env["msp.dashboard"].get_data)
        self.assertGreater(len(asked), 15)
        self.assertFalse(client.problems)
        many = {title: number for title, number in asked.items() if number >= 10}
        self.assertFalse(many)

    def test_customer_s_form(self):
        self._bill("2026-02-01")
        customer = self.env["res.partner"].search([("name", "=", "Acme Ltd")])
        for role, user in self.users.items():
            with self.subTest(role):
                client = WebClient(self.env(user=user))
                action = {
                    "res_model": "res.partner",
                    "res_id": customer[-1:].id,
                    "views": [(False, "form")],
                }
                client.open(role, action)
                self.assertFalse(client.problems, "\n" + "\n".join(client.problems))

    def test_manager_changes_the_billing_settings(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "MSP"})
        Settings = self.env["msp.company.settings"].with_user(self.users["manager"])
        with Form(Settings) as form:
            self.assertEqual(form.journal, str(self.company.msp_journal_id.id))
            form.journal = str(journal.id)
            form.msp_due_days = 21
            form.msp_timezone = "Pacific/Auckland"
            form.msp_approval = True
        form.record.action_save()
        self.assertRecordValues(
            self.company,
            [
                {
                    "msp_journal_id": journal.id,
                    "msp_due_days": 21,
                    "msp_timezone": "Pacific/Auckland",
                    "msp_approval": True,
                    "msp_product_id": self.product.id,
                    "msp_catchup_max": 3,
                }
            ],
        )
        with Form(Settings) as form:
            form.journal = False
        form.record.action_save()
        self.assertFalse(self.company.msp_journal_id)
