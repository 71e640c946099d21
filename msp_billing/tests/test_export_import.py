from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_open

from .common import MspBillingCommon

PLAN_FIELDS = (
    "name",
    "code",
    "currency_id",
    "minimum_amount",
    "price_ids/name",
    "price_ids/date_from",
    "price_ids/date_to",
    "price_ids/computer_type_ids",
    "price_ids/usage_basis",
    "price_ids/price_model",
    "price_ids/unit_price",
    "price_ids/package_size",
    "price_ids/included_quantity",
    "price_ids/minimum_quantity",
    "price_ids/maximum_quantity",
    "price_ids/price_period",
    "price_ids/tier_ids/from_quantity",
    "price_ids/tier_ids/unit_price",
)
SUBSCRIPTION_FIELDS = (
    "plan_id",
    "partner_id",
    "date_start",
    "billing_cycle",
    "anchor_day",
    "timing",
    "due_days",
    "bill_email",
    "discount",
    "no_reminder",
    "price_override_ids/price_id",
    "price_override_ids/has_unit_price",
    "price_override_ids/unit_price",
    "extra_charge_ids/date",
    "extra_charge_ids/name",
    "extra_charge_ids/quantity",
    "extra_charge_ids/unit_price",
)


@tagged("post_install", "-at_install")
class TestExportImport(MspBillingCommon):
    """Plans and subscriptions go out and come in by Odoo's own tools."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Empty Inc")["company"]
        cls.manager = cls._user(
            "manager", "msp_billing.group_msp_billing_manager,base.group_allow_export"
        )
        cls.importer = cls._user(
            "importer",
            "msp_billing.group_msp_billing_manager,base.group_allow_export",
            cls.other,
        )
        cls.plan = cls._plan(
            "Full Care",
            code="FULL",
            minimum_amount=99.5,
            prices=[
                {
                    "name": "Workstation",
                    "computer_type_ids": [
                        Command.set((cls.workstation | cls.mobile).ids)
                    ],
                    "usage_basis": "average",
                    "price_model": "graduated",
                    "included_quantity": 2,
                    "tier_ids": [
                        Command.create({"from_quantity": 0, "unit_price": 5.25}),
                        Command.create({"from_quantity": 50, "unit_price": 4.125}),
                    ],
                },
                {
                    "name": "Server",
                    "computer_type_ids": [Command.set(cls.server.ids)],
                    "usage_basis": "peak",
                    "unit_price": 40.125,
                    "date_to": "2027-01-01",
                    "minimum_quantity": 1,
                    "maximum_quantity": 30,
                },
                {
                    "name": "Server 2027",
                    "computer_type_ids": [Command.set(cls.server.ids)],
                    "price_model": "package",
                    "package_size": 5,
                    "unit_price": 180,
                    "date_from": "2027-01-01",
                },
            ],
        )

    def _export(self, records, names):
        records = records.with_user(self.manager)
        return [
            [str(value) if value not in (False, None) else "" for value in row]
            for row in records.export_data(list(names))["datas"]
        ]

    def _load(self, model, names, rows):
        return self.env[model].with_user(self.importer).load(list(names), rows)

    def _imported(self, result, model):
        self.assertFalse(result["messages"], result["messages"])
        return self.env[model].browse(result["ids"])

    def test_plan_comes_back_as_it_was(self):
        rows = self._export(self.plan, PLAN_FIELDS)
        self.assertGreater(len(rows), 3)
        result = self._load("msp.service.plan", PLAN_FIELDS, rows)
        copy = self._imported(result, "msp.service.plan")
        self.assertEqual(copy.company_id, self.other)
        self.assertNotEqual(copy, self.plan)
        again = copy.with_user(self.importer).export_data(list(PLAN_FIELDS))["datas"]
        self.assertEqual(
            [[str(v) if v not in (False, None) else "" for v in row] for row in again],
            rows,
        )
        tiers = copy.price_ids.filtered(lambda p: p.name == "Workstation").tier_ids
        self.assertRecordValues(
            tiers,
            [
                {"from_quantity": 0, "unit_price": 5.25},
                {"from_quantity": 50, "unit_price": 4.125},
            ],
        )

    def test_subscription_comes_back_as_it_was(self):
        customer = self._customer("Acme Ltd")
        server = self.plan.price_ids.filtered(lambda p: p.name == "Server")
        subscription = self._subscribe(
            self.plan,
            customer,
            date_start="2026-03-15",
            billing_cycle="quarterly",
            anchor_day=1,
            timing="advance",
            due_days=21,
            bill_email="a@acme.example, b@acme.example",
            discount=7.5,
            no_reminder=True,
            price_override_ids=[
                Command.create(
                    {"price_id": server.id, "has_unit_price": True, "unit_price": 35}
                )
            ],
            extra_charge_ids=[
                Command.create(
                    {"name": "Setup", "date": "2026-03-20", "unit_price": 250}
                )
            ],
        )
        plans = self._export(self.plan, PLAN_FIELDS)
        self._imported(
            self._load("msp.service.plan", PLAN_FIELDS, plans), "msp.service.plan"
        )
        rows = self._export(subscription, SUBSCRIPTION_FIELDS)
        result = self._load("msp.subscription", SUBSCRIPTION_FIELDS, rows)
        copy = self._imported(result, "msp.subscription")
        self.assertEqual(copy.company_id, self.other)
        self.assertEqual(copy.plan_id.company_id, self.other)
        self.assertEqual(copy.price_override_ids.price_id.plan_id, copy.plan_id)
        names = [name.split("/")[0] for name in SUBSCRIPTION_FIELDS if "/" not in name]
        for name in names:
            if name != "plan_id":
                self.assertEqual(copy[name], subscription[name], name)
        self.assertEqual(copy.price_override_ids.unit_price, 35)
        self.assertEqual(copy.extra_charge_ids.name, "Setup")
        self.assertEqual(copy.extra_charge_ids.unit_price, 250)

    def test_what_is_wrong_is_named_with_its_row(self):
        self._customer("Acme Ltd")
        self._customer("Beta Ltd")
        plans = self._export(self.plan, PLAN_FIELDS)
        self._load("msp.service.plan", PLAN_FIELDS, plans)
        names = ["plan_id", "partner_id", "date_start", "bill_email", "discount"]
        good = ["Full Care", "Acme Ltd", "2026-01-01", "a@acme.example", "0"]
        for column, value, told in (
            (0, "No Such Plan", "No Such Plan"),
            (1, "Nobody", "Nobody"),
            (2, "31st of May", "31st of May"),
            (3, "at home", "at home"),
            (4, "140", "140"),
        ):
            bad = ["Full Care", "Beta Ltd", "2026-01-01", "b@beta.example", "0"]
            bad[column] = value
            with self.subTest(value):
                result = self._load("msp.subscription", names, [good, bad])
                self._assert_told(result, told)

    def _assert_told(self, result, text):
        """The second row is named, with what is wrong in it."""
        self.assertFalse(result["ids"])
        told = [
            message["message"]
            for message in result["messages"]
            if message["type"] == "error" and message["rows"]["from"] == 1
        ]
        self.assertIn(text, told[0])

    def test_plan_that_cannot_be_priced_is_named(self):
        names = ["name", "price_ids/name", "price_ids/price_model"]
        result = self._load(
            "msp.service.plan", names, [["Good", "A", "flat"], ["Bad", "B", "volume"]]
        )
        self._assert_told(result, "Plan Bad, price B")

    def _import_example(self, model):
        """Import the example file of a model as the import screen does."""
        [example] = self.env[model].get_import_templates()
        with file_open(example["template"].lstrip("/"), "rb") as source:
            content = source.read()
        screen = (
            self.env["base_import.import"]
            .with_user(self.importer)
            .create({"res_model": model, "file": content, "file_type": "text/csv"})
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        preview = screen.parse_preview(options)
        matches = [
            preview["matches"].get(index) for index in range(len(preview["headers"]))
        ]
        self.assertTrue(all(matches), (preview["headers"], matches))
        names = ["/".join(match) for match in matches]
        result = screen.execute_import(names, preview["headers"], options)
        return self._imported(result, model)

    def test_examples_of_the_import_screen_come_in(self):
        for name in ("Acme Ltd", "Beta Ltd"):
            self._customer(name)
        plans = self._import_example("msp.service.plan")
        self.assertEqual(
            plans.mapped("name"), ["Workstation Care", "Full Care", "Platform Fee"]
        )
        self.assertEqual(plans[0].price_ids.unit_price, 12.5)
        self.assertEqual(
            plans[1].price_ids.tier_ids.mapped("unit_price"), [19, 16], "Two tiers"
        )
        subscriptions = self._import_example("msp.subscription")
        self.assertRecordValues(
            subscriptions,
            [
                {
                    "plan_id": plans[0].id,
                    "billing_cycle": "monthly",
                    "due_days": 14,
                    "bill_email": "accounts@acme.example",
                    "discount": 0,
                },
                {
                    "plan_id": plans[1].id,
                    "billing_cycle": "quarterly",
                    "due_days": 30,
                    "bill_email": "billing@beta.example, office@beta.example",
                    "discount": 5,
                },
            ],
        )
