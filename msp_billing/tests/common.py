from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

ADDRESS = {"street": "1 Main Street", "city": "Springfield"}


class MspBillingCommon(AccountTestInvoicingCommon):
    """A company in which an MSP bills, and short ways to make its records.

    No test waits for a clock: every date is given. The runs work as in production,
    through the scheduled action, in a cursor whose commits are savepoints.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.write(
            {
                "msp_timezone": "UTC",
                "msp_journal_id": cls.company_data["default_journal_sale"].id,
                "email": "billing@msp.example.com",
            }
        )
        cls.product = cls.env["product.product"].create(
            {
                "name": "Managed computers",
                "type": "service",
                "property_account_income_id": (
                    cls.company_data["default_account_revenue"].id
                ),
                "taxes_id": [(6, 0, cls.company_data["default_tax_sale"].ids)],
            }
        )
        cls.company.msp_product_id = cls.product
        cls.env.user.group_ids += cls.env.ref("msp_billing.group_msp_billing_manager")
        Type = cls.env["msp.computer.type"]
        cls.workstation = Type.search([("code", "=", "workstation")])
        cls.server = Type.search([("code", "=", "server")])
        cls.mobile = Type.search([("code", "=", "mobile")])

    # === MAKING RECORDS === #
    @classmethod
    def _customer(cls, name="Acme Ltd", **vals):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "email": f"{name.split()[0].lower()}@example.com",
                "country_id": cls.env.ref("base.us").id,
                **ADDRESS,
                **vals,
            }
        )

    @classmethod
    def _plan(cls, name="Care", cost=5.0, prices=(), **vals):
        """Make a plan: with one price per computer, or with the prices given."""
        if prices:
            vals["price_ids"] = [(0, 0, price) for price in prices]
        else:
            vals["cost_per_computer"] = cost
        return cls.env["msp.service.plan"].create(
            {"name": name, "company_id": cls.company.id, **vals}
        )

    @classmethod
    def _subscribe(cls, plan, partner, date_start="2026-01-01", **vals):
        return cls.env["msp.subscription"].create(
            {
                "plan_id": plan.id,
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "date_start": date_start,
                "billing_cycle": "monthly",
                "due_days": 14,
                **vals,
            }
        )

    @classmethod
    def _computers(cls, partner, number, date_from="2026-01-01", type_=None, **vals):
        return cls.env["msp.computer"].create(
            [
                {
                    "name": f"{partner.name[:3].upper()}-{index:03}",
                    "partner_id": partner.id,
                    "type_id": (type_ or cls.workstation).id,
                    "date_from": date_from,
                    **vals,
                }
                for index in range(1, number + 1)
            ]
        )

    @classmethod
    def _user(cls, login, groups, companies=None, **vals):
        """Make a user with groups (several by commas) in a company or several.

        The first of the companies is the one that the user works in.
        """
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=companies[0].id,
            company_ids=[(6, 0, companies.ids)],
            **vals,
        )

    @classmethod
    def _users(cls, roles):
        """Make a user for each role; return them by role.

        :param dict roles: the groups of each role, which is the login too
        """
        return {role: cls._user(role, groups) for role, groups in roles.items()}

    # === RUNNING === #
    @classmethod
    def _new_run(cls, date, **vals):
        return cls.env["msp.bill.run"].create(
            {"date": date, "company_id": cls.company.id, **vals}
        )

    def _bill(self, date, **vals):
        """Make a run of a date, start it, let the scheduled action work on it."""
        run = self._new_run(date, **vals)
        run.action_start()
        self._work()
        return run

    def _work(self):
        """Let the scheduled action bill, in a cursor whose commits are savepoints."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_bill").sudo().method_direct_trigger()
        self.env.invalidate_all()
