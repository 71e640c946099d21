from freezegun import freeze_time

from .access_common import AccessCommon


class DashboardCommon(AccessCommon):
    """15 April 2026: three months are billed, one customer left, one pays in euro."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-04-15 12:00:00"))
        # A dollar is two euro.
        cls.euro = cls.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        cls.dollar = cls.company.currency_id
        care = cls._plan("Care", cost=5.0)
        cls.acme = cls._customer("Acme Ltd")
        cls._computers(cls.acme, 10)
        cls._computers(cls.acme, 2, "2026-02-01", cls.server)
        cls.acme_care = cls._subscribe(care, cls.acme)
        cls.beta = cls._customer("Beta Ltd")
        cls._computers(cls.beta, 4, "2026-02-01", date_to="2026-04-01")
        cls.beta_care = cls._subscribe(care, cls.beta, "2026-02-01")
        cls.gamma = cls._customer("Gamma Ltd")
        cls._computers(cls.gamma, 10)
        cls._subscribe(cls._plan("Quarter", 3.0), cls.gamma, billing_cycle="quarterly")
        # Half of January: its worth is that of a full month.
        cls.delta = cls._customer("Delta Ltd")
        cls._computers(cls.delta, 2)
        cls._subscribe(care, cls.delta, "2026-01-17", anchor_day=1)
        cls.euro_customer = cls._customer("Euro Ltd")
        cls._computers(cls.euro_customer, 5)
        cls._subscribe(
            cls._plan("Euro", 4.0, currency_id=cls.euro.id), cls.euro_customer
        )

    @classmethod
    def _bill_at_once(cls, date, company=None):
        """Bill what is due on a day, without the scheduled action."""
        run = cls._new_run(date, company_id=(company or cls.company).id)
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        bot.state = "done"
        cls.env.flush_all()
        cls.env.invalidate_all()
        return run

    @classmethod
    def _bill_three_months(cls):
        """Bill January to March; Beta leaves at the end of March."""
        runs = cls._bill_at_once("2026-02-01")
        runs += cls._bill_at_once("2026-03-01")
        cls.beta_care.action_dissociate("2026-04-01")
        return runs + cls._bill_at_once("2026-04-01")

    def _dashboard(self, role="manager", **options):
        """Return the figures as a user of a role gets them."""
        return self._as(role, self.env["msp.dashboard"]).get_data(**options)

    def _behind(self, role, target):
        """Return the records of the list that a figure leads to."""
        action = self.env.ref(target["action"]).sudo()
        Model = self._as(role, self.env[action.res_model])
        context = {
            key: value
            for key, value in target["context"].items()
            if not key.startswith("search_default_")
        }
        return Model.with_context(**context).search(target["domain"])
