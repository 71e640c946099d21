from odoo.fields import Command
from odoo.tests import tagged

from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalPlans(PortalCase):
    """Own plans: what they cost, when they are billed, and their bills."""

    def test_home_counts_plans_and_computers(self):
        self.authenticate("clerk", "clerk")
        counters = ["msp_plan_count", "msp_computer_count", "invoice_count"]
        answer = self.url_open(
            "/my/counters", json={"params": {"counters": counters}}
        ).json()["result"]
        self.assertEqual(answer["msp_plan_count"], 1)
        self.assertEqual(answer["msp_computer_count"], 3)
        hrefs = self._page("/my").xpath("//div[@id='portal_service_category']//a/@href")
        self.assertEqual(hrefs, ["/my/plans", "/my/computers"])

    def test_plans(self):
        text = self._text("/my/plans")
        for words in (
            "Workstation Care",
            "$ 12.50 per computer per month",
            "Monthly",
            "1 May 2026",
            "Active",
        ):
            self.assertIn(words, text.replace("\xa0", " "))
        # A contact of another customer has none, and is told so.
        self.assertIn("You have no plan yet", self._text("/my/plans", "stranger"))

    def test_a_plan_with_its_bills(self):
        bill = self._bill("2026-05-01", partner_ids=self.acme.ids).move_ids
        path = f"/my/plans/{self.subscription.id}"
        text = self._text(path)
        for words in (
            "Since 1 Apr 2026",
            "14 days after the bill",
            "3 computers today",
            "Counted on the last day of the billing cycle.",
            "1 – 30 Apr 2026",
            bill.name,
        ):
            self.assertIn(words, text)
        hrefs = self._page(path).xpath("//main//td/a/@href")
        self.assertEqual(hrefs, [bill.get_portal_url()])
        for word in ("Sally", "note"):
            self.assertNotIn(word, text)
        self._page(path, "stranger", status=303)
        for unknown in (0, 2**31, 10**20):
            self._page(f"/my/plans/{unknown}", status=303)

    def test_bills_that_go_to_somebody_else_stay_with_him(self):
        """The plan is the customer's; whose bill it is decides who reads it."""
        self.subscription.bill_to_id = self.beta
        bill = self._bill("2026-05-01", partner_ids=self.acme.ids).move_ids
        self.assertEqual(bill.partner_id, self.beta)
        text = self._text(f"/my/plans/{self.subscription.id}")
        self.assertNotIn(bill.name, text)
        self.assertIn("There is no bill for this plan yet", text)
        self.assertIn(bill.name, self._text("/my/invoices", "stranger"))

    def test_prices_in_words(self):
        tiers = [
            Command.create({"from_quantity": start, "unit_price": price})
            for start, price in ((0, 5), (50, 4))
        ]
        prices = [
            {"name": "Volume", "price_model": "volume", "tier_ids": tiers},
            {"name": "Graduated", "price_model": "graduated", "tier_ids": tiers},
            {
                "name": "Blocks",
                "price_model": "package",
                "unit_price": 90,
                "package_size": 10,
                "usage_basis": "peak",
                "included_quantity": 3,
                "minimum_quantity": 1,
                "maximum_quantity": 20,
            },
            {"name": "Desk", "price_model": "flat", "unit_price": 100},
            {"name": "Agreed", "usage_basis": "contracted", "unit_price": 7},
            {"name": "Later", "date_from": "2030-01-01", "unit_price": 99},
        ]
        plan = self._plan("Full", prices=prices, minimum_amount=200)
        agreed = plan.price_ids.filtered(lambda price: price.name == "Agreed")
        override = {"price_id": agreed.id, "unit_price": 6.5, "contracted_quantity": 8}
        full = self._subscribe(
            plan, self.acme, discount=10, price_override_ids=[Command.create(override)]
        )
        text = self._text(f"/my/plans/{full.id}").replace("\xa0", " ")
        for words in (
            "$ 4.00 for all of them from 50 computers on",
            "$ 4.00 for those above 50 computers",
            "$ 90.00 per begun block of 10 computers per month",
            "The highest count of a day in the billing cycle. The first 3 are",
            "are included. At least 1. At most 20.",
            "$ 100.00 per month",
            "$ 6.50 per computer per month",
            "Agreed: 8.",
            "Discount 10 %",
            "At least $ 200.00 per month are charged.",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Later", text)

    def test_another_company(self):
        """Plans of a company in which the user is not stay out of sight."""
        other = self.setup_other_company()["company"]
        other.msp_timezone = "UTC"
        plan = self._plan("Elsewhere", company_id=other.id)
        there = self._subscribe(plan, self.acme, company_id=other.id)
        self.assertNotIn("Elsewhere", self._text("/my/plans"))
        self._page(f"/my/plans/{there.id}", status=303)
        self.clerk.company_ids += other
        self.assertIn("Elsewhere", self._text("/my/plans"))

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.plan.with_context(lang="fr_FR").name = "Entretien des postes"
        self.clerk.lang = "fr_FR"
        self.assertIn("Entretien des postes", self._text("/fr/my/plans"))

    def test_eighty_plans_with_few_queries(self):
        for number in range(4):
            self._subscribe(self._plan(f"More {number}"), self.acme)
        few = self._queries("/my/plans")
        for number in range(75):
            self._subscribe(self._plan(f"Many {number}"), self.acme)
        self.assertLessEqual(self._queries("/my/plans"), few + 5)
