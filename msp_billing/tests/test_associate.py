from freezegun import freeze_time

from odoo.tests import Form, tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestAssociate(RefusalMixin, MspBillingCommon):
    """One plan for many customers in one go, as Sales does it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-03-10 12:00:00"))
        cls.plan = cls._plan("Care")
        cls.customers = cls.env["res.partner"].union(
            *(cls._customer(f"Customer{number} Ltd") for number in range(1, 6))
        )
        for number, customer in enumerate(cls.customers):
            cls._computers(customer, number)
        cls.sales = cls._user("sales", "msp_billing.group_msp_billing_sales")

    def _associate(self, customers=None, **values):
        """Fill in the wizard as a person does; return it before the last click."""
        form = Form(self.env["msp.subscription.associate"].with_user(self.sales))
        form.plan_id = self.plan
        for customer in customers or self.customers:
            form.partner_ids.add(customer)
        for name, value in values.items():
            form[name] = value
        return form

    def _subscriptions(self, plan=None):
        return self.env["msp.subscription"].search(
            [("plan_id", "=", (plan or self.plan).id)]
        )

    def _dissociate(self, **context):
        Wizard = self.env["msp.subscription.dissociate"].with_user(self.sales)
        return Form(Wizard.with_context(**context))

    # === ASSOCIATE === #
    def test_five_customers_in_one_go(self):
        self.customers[1].email = "AP@two.example.com"
        form = self._associate(
            date_start="2026-04-01",
            date_end="2027-04-01",
            billing_cycle="quarterly",
            due_days=30,
            anchor_day=1,
            anchor_month="1",
            discount=5,
            minimum_quantity=2,
            include_sites=False,
            no_reminder=True,
            proration="none",
        )
        self.assertEqual(len(form.line_ids), 5)
        lines = [form.line_ids.edit(index) for index in range(5)]
        self.assertEqual([line.computer_count for line in lines], [0, 1, 2, 3, 4])
        action = form.save().action_associate()
        subscriptions = self._subscriptions()
        self.assertEqual(
            self.env["msp.subscription"].search(action["domain"]), subscriptions
        )
        self.assertEqual(subscriptions.partner_id, self.customers)
        common = {
            "company_id": self.company.id,
            "billing_cycle": "quarterly",
            "due_days": 30,
            "anchor_day": 1,
            "anchor_month": "1",
            "discount": 5.0,
            "minimum_quantity": 2.0,
            "include_sites": False,
            "no_reminder": True,
            "proration": "none",
            "timing": "arrears",
            "count_source": "inventory",
            "user_id": self.sales.id,
            "state": "upcoming",
        }
        self.assertRecordValues(
            subscriptions.sorted(lambda s: s.partner_id.name),
            [
                {**common, "bill_email": email, "bill_to_id": customer.id}
                for customer, email in zip(
                    self.customers,
                    [
                        "customer1@example.com",
                        "ap@two.example.com",
                        "customer3@example.com",
                        "customer4@example.com",
                        "customer5@example.com",
                    ],
                    strict=True,
                )
            ],
        )
        for subscription in subscriptions:
            self.assertEqual(str(subscription.date_start), "2026-04-01")
            self.assertEqual(str(subscription.date_end), "2027-04-01")

    def test_what_it_would_cost(self):
        """Each line tells a full cycle, while the terms are being typed."""
        form = self._associate(self.customers[2:4])
        self.assertEqual(self._costs(form), [10.0, 15.0])
        form.discount = 10
        self.assertEqual(self._costs(form), [9.0, 13.5])
        form.billing_cycle = "quarterly"
        # A stub at the beginning changes nothing: it is a full cycle.
        form.anchor_day = 1
        self.assertEqual(self._costs(form), [27.0, 40.5])
        form.minimum_quantity = 3
        self.assertEqual(self._costs(form), [40.5, 40.5])
        form.count_source = "contracted"
        form.contracted_quantity = 7
        self.assertEqual(self._costs(form), [94.5, 94.5])
        # Terms that will be refused cost nothing meanwhile.
        form.anchor_day = 99
        self.assertEqual(self._costs(form), [0.0, 0.0])

    def _costs(self, form):
        return [form.line_ids.edit(index).amount for index in range(2)]

    def test_the_cost_is_that_of_the_bill(self):
        """Tiers, sites and the plan's minimum, told before and billed afterwards."""
        tiers = [(0, 6), (2, 4)]
        plan = self._plan(
            "Tiers",
            prices=[
                {
                    "name": "Computers",
                    "price_model": "graduated",
                    "tier_ids": [
                        (0, 0, {"from_quantity": start, "unit_price": price})
                        for start, price in tiers
                    ],
                }
            ],
            minimum_amount=15,
        )
        customers = self.customers[1] + self.customers[4]
        site = self._customer("Site", parent_id=customers[1].id, is_company=False)
        self._computers(site, 2)
        form = self._associate(customers, date_start="2026-02-01")
        form.plan_id = plan
        # One at 6.00 lacks 9.00 to the minimum; of six two cost 6.00, four 4.00.
        self.assertEqual(self._costs(form), [15.0, 28.0])
        form.save().action_associate()
        run = self._bill("2026-03-01", partner_ids=customers.ids)
        billed = {move.partner_id: move.amount_untaxed for move in run.move_ids}
        self.assertEqual(billed, dict(zip(customers, [15.0, 28.0], strict=True)))

    def test_common_and_own_addresses(self):
        form = self._associate(bill_email="Billing@Group.example.com")
        for index, expected in ((0, "Billing@Group.example.com"), (4, None)):
            with form.line_ids.edit(index) as line:
                if expected:
                    self.assertEqual(line.bill_email, expected)
                else:
                    line.bill_email = "own@five.example.com"
        form.save().action_associate()
        emails = self._subscriptions().mapped("bill_email")
        self.assertEqual(
            sorted(set(emails)),
            [
                "billing@group.example.com",
                "own@five.example.com",
            ],
        )
        self.assertEqual(emails.count("billing@group.example.com"), 4)

    def test_customer_taken_off_again(self):
        form = self._associate()
        form.partner_ids.remove(id=self.customers[2].id)
        self.assertEqual(len(form.line_ids), 4)
        form.save().action_associate()
        self.assertEqual(
            self._subscriptions().partner_id, self.customers - self.customers[2]
        )

    def test_second_plan_is_warned_of(self):
        backup = self._plan("Backup")
        self._subscribe(backup, self.customers[0])
        self._subscribe(self._plan("Over"), self.customers[1], date_end="2026-02-01")
        form = self._associate()
        self.assertEqual(
            form.warning,
            "Customer1 Ltd has plan Backup too: its computers count in both.",
        )
        form.save().action_associate()
        self.assertEqual(len(self._subscriptions()), 5)

    def test_all_customers_or_none(self):
        self._subscribe(self.plan, self.customers[3], "2026-05-01")
        form = self._associate()
        with self.assertRefused("Customer4 Ltd has plan Care already, from 2026-05-01"):
            form.save().action_associate()
        self.assertEqual(self._subscriptions().partner_id, self.customers[3])

    def test_customer_without_an_address_stops_all(self):
        self.customers[4].email = False
        wizard = self._associate().save()
        with self.assertRefused("Customer5 Ltd has no e-mail address"):
            wizard.action_associate()
        self.assertFalse(self._subscriptions())
        with Form(wizard) as form, form.line_ids.edit(4) as line:
            line.bill_email = "five@"
        with self.assertRefused("five@ is no e-mail address"):
            wizard.action_associate()
        self.assertFalse(self._subscriptions())

    def test_nobody_chosen(self):
        form = Form(self.env["msp.subscription.associate"])
        form.plan_id = self.plan
        wizard = form.save()
        with self.assertRefused("Choose the customers"):
            wizard.action_associate()

    def test_button_of_the_plan(self):
        action = self.plan.with_user(self.sales).action_open_associate()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.sales)
            .with_context(**action["context"])
        )
        self.assertEqual(form.plan_id, self.plan)
        self.assertEqual(str(form.date_start), "2026-03-10")
        self.assertEqual(form.due_days, self.company.msp_due_days)

    # === DISSOCIATE === #
    def test_dissociate_chosen_customers(self):
        for customer in self.customers:
            self._subscribe(self.plan, customer)
        action = self.plan.with_user(self.sales).action_open_dissociate()
        form = self._dissociate(**action["context"])
        self.assertEqual(set(form.available_partner_ids.ids), set(self.customers.ids))
        for customer in self.customers[1:3]:
            form.partner_ids.add(customer)
        form.date = "2026-04-01"
        self.assertIn("Customer2 Ltd: billed until 2026-01-01", form.summary)
        form.save().action_dissociate()
        ended = self._subscriptions().filtered("date_end")
        self.assertEqual(ended.partner_id, self.customers[1:3])
        self.assertEqual({str(day) for day in ended.mapped("date_end")}, {"2026-04-01"})

    def test_dissociate_the_selection_of_the_list(self):
        subscriptions = self.env["msp.subscription"].union(
            *(self._subscribe(self.plan, customer) for customer in self.customers)
        )
        chosen = subscriptions[:2]
        form = self._dissociate(active_model="msp.subscription", active_ids=chosen.ids)
        self.assertEqual(form.plan_id, self.plan)
        self.assertEqual(set(form.partner_ids.ids), set(chosen.partner_id.ids))
        form.save().action_dissociate()
        self.assertEqual(subscriptions.filtered("date_end"), chosen)
        self.assertEqual(str(chosen[0].date_end), "2026-03-10")

    def test_selection_of_several_plans_is_refused(self):
        chosen = self._subscribe(self.plan, self.customers[0])
        chosen |= self._subscribe(self._plan("Backup"), self.customers[0])
        with self.assertRefused("subscriptions of one plan: Care, Backup"):
            self._dissociate(active_model="msp.subscription", active_ids=chosen.ids)

    def test_dissociate_all_or_none(self):
        early, late = (
            self._subscribe(self.plan, customer, day)
            for customer, day in zip(
                self.customers[:2], ("2026-01-01", "2026-06-01"), strict=True
            )
        )
        form = self._dissociate(
            active_model="msp.subscription", active_ids=(early + late).ids
        )
        form.date = "2026-05-01"
        wizard = form.save()
        with self.assertRefused("Customer2 Ltd starts on 2026-06-01"):
            wizard.action_dissociate()
        self.assertFalse((early + late).filtered("date_end"))
        self._computers(self.customers[0], 1, name="EXTRA")
        self._bill("2026-03-01")
        with Form(wizard) as form:
            form.date = "2026-02-15"
            form.partner_ids.remove(id=self.customers[1].id)
        with self.assertRefused("is billed until 2026-03-01"):
            wizard.action_dissociate()

    def test_customer_chosen_whose_plan_has_ended(self):
        self._subscribe(self.plan, self.customers[0], date_end="2026-02-01")
        self._subscribe(self.plan, self.customers[1])
        form = self._dissociate(default_plan_id=self.plan.id)
        for customer in self.customers[:2]:
            form.partner_ids.add(customer)
        with self.assertRefused("Customer1 Ltd: plan Care is not associated"):
            form.save().action_dissociate()

    def test_end_inside_billed_days_takes_a_manager_and_a_reason(self):
        subscription = self._subscribe(self.plan, self.customers[1])
        self._bill("2026-02-01")
        chosen = {"active_model": "msp.subscription", "active_ids": subscription.ids}
        form = self._dissociate(**chosen)
        self.assertNotIn("reason", form._view["fields"])
        form.date = "2026-01-16"
        self.assertIn("the days from 2026-01-16 to then are credited", form.summary)
        wizard = form.save()
        with self.assertRefused("let a billing manager dissociate it"):
            wizard.action_dissociate()
        wizard.sudo().reason = "Sales wants to"
        with self.assertRefused("let a billing manager dissociate it"):
            wizard.action_dissociate()
        Wizard = self.env["msp.subscription.dissociate"].with_context(**chosen)
        with Form(Wizard) as form:
            form.date = "2026-01-16"
        with self.assertRefused("with a reason"):
            form.record.action_dissociate()
        with Form(form.record) as form:
            form.reason = "Moved away"
        form.record.action_dissociate()
        self.assertEqual(str(subscription.date_end), "2026-01-16")
        self.assertIn("Moved away", subscription.message_ids[0].body)
