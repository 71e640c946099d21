from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .common import MspBillingCommon

ROLES = {
    "manager": "msp_billing.group_msp_billing_manager",
    "sales": "msp_billing.group_msp_billing_sales",
    "admin_manager": "msp_billing.group_msp_billing_manager,base.group_erp_manager",
}


@tagged("post_install", "-at_install")
class TestFirstSteps(MspBillingCommon, HttpCase):
    """What a new company still lacks, told by its data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._users(ROLES)

    def _steps(self, role="manager"):
        Plan = self.env["msp.service.plan"].with_user(self.users[role])
        return {step["name"]: step for step in Plan.get_first_steps()}

    def _done(self):
        return [name for name, step in self._steps().items() if step["done"]]

    def test_data_tick_the_steps(self):
        self.assertEqual(
            list(self._steps()),
            ["company", "plan", "customers", "computers", "preview"],
        )
        self.assertEqual(self._done(), [])
        self.company.write(
            {
                "street": "1 Main Street",
                "city": "Springfield",
                "country_id": self.env.ref("base.us").id,
            }
        )
        self.assertEqual(self._done(), ["company"])
        plan = self._plan(cost=0)
        self.assertNotIn("plan", self._done(), "A plan without a price bills nothing")
        plan.cost_per_computer = 5
        self.assertEqual(self._done(), ["company", "plan"])
        customer = self._customer()
        self._subscribe(plan, customer)
        self.assertEqual(self._done(), ["company", "plan", "customers"])
        self._computers(customer, 1)
        self.assertEqual(self._done(), ["company", "plan", "customers", "computers"])
        run = self._new_run("2026-02-01")
        self.assertNotIn("preview", self._done())
        run.action_preview()
        self.assertEqual(self._steps(), {}, "When all is done there is nothing to say")

    def test_counts_and_agreed_quantities_are_computers_too(self):
        customer = self._customer()
        reading = self.env["msp.count.reading"].create(
            {
                "partner_id": customer.id,
                "type_id": self.workstation.id,
                "date": "2026-01-01",
                "quantity": 3,
            }
        )
        self.assertEqual(self._done(), ["computers"])
        reading.unlink()
        self.assertEqual(self._done(), [])
        self._subscribe(
            self._plan(), customer, count_source="contracted", contracted_quantity=5
        )
        self.assertEqual(self._done(), ["plan", "customers", "computers"])

    def test_each_step_opens_its_screen(self):
        for role in ("manager", "admin_manager"):
            for name, step in self._steps(role).items():
                if not step["action"]:
                    self.assertEqual((role, name), ("manager", "company"))
                    self.assertIn("administrator", step["text"])
                    continue
                Model = self.env[step["action"]["res_model"]]
                Model.with_user(self.users[role]).get_views(step["action"]["views"])
        plan = self._plan()
        action = self._steps()["customers"]["action"]
        self.assertEqual(action["context"], {"default_plan_id": plan.id})

    def test_managers_alone_see_and_hide_them(self):
        self.assertEqual(self._steps("sales"), {})
        Plan = self.env["msp.service.plan"]
        with self.assertRaises(AccessError):
            Plan.with_user(self.users["sales"]).action_hide_first_steps()
        self.assertTrue(self._steps())
        Plan.with_user(self.users["manager"]).action_hide_first_steps()
        self.assertEqual(self._steps(), {})
        self.assertTrue(self.company.msp_first_steps_hidden)

    def test_they_are_those_of_the_own_company(self):
        other = self.setup_other_company()["company"]
        self.env["msp.service.plan"].create(
            {"name": "Theirs", "company_id": other.id, "cost_per_computer": 5}
        )
        other.msp_first_steps_hidden = True
        self.assertEqual(self._done(), [])
        self.assertEqual(len(self._steps()), 5)

    def test_a_manager_takes_the_first_steps(self):
        self.start_tour(
            "/odoo", "msp_billing_first_steps", login="manager", timeout=180
        )
        self.assertEqual(self._done(), [])
        self.assertTrue(self.company.msp_first_steps_hidden)
        self.assertEqual(
            self.env["msp.service.plan"]
            .search([("company_id", "=", self.company.id)])
            .mapped("name"),
            ["Workstation Care"],
        )
