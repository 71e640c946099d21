import csv
import io
from datetime import date
from unittest.mock import patch

from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from .common import MspBillingCommon

TODAY = date(2026, 5, 25)


class PortalCase(MspBillingCommon, HttpCase):
    """Acme with a site and a contact who signs in; Beta, who sees none of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Company = cls.env.registry["res.company"]
        cls.startClassPatcher(patch.object(Company, "_msp_today", lambda self: TODAY))
        cls.acme = cls._customer("Acme Ltd")
        cls.north = cls._customer("North", parent_id=cls.acme.id, is_company=False)
        cls.beta = cls._customer("Beta Ltd")
        cls.clerk = cls._portal_user("clerk", cls.acme)
        cls.stranger = cls._portal_user("stranger", cls.beta)
        cls.sales = new_test_user(
            cls.env,
            "sally",
            groups="msp_billing.group_msp_billing_sales",
            name="Sally",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.plan = cls._plan("Workstation Care", cost=12.5)
        cls.subscription = cls._subscribe(
            cls.plan, cls.acme, "2026-04-01", user_id=cls.sales.id
        )
        cls._computers(cls.acme, 2, "2026-04-01", serial="SN-77")
        cls._computers(cls.north, 1, "2026-05-10", type_=cls.server)
        cls._computers(cls.beta, 1, "2026-01-01")

    @classmethod
    def _portal_user(cls, login, customer, **vals):
        user = new_test_user(
            cls.env,
            login,
            groups="base.group_portal",
            name=login.title(),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **vals,
        )
        user.partner_id.parent_id = customer
        return user

    def _work(self):
        # A browser's test has the registry in test mode already.
        self.env.ref("msp_billing.ir_cron_bill").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _page(self, path, login="clerk", status=200, **post):
        """Return a page as a tree; with post, its answer to a form."""
        if not post:
            # A form is sent in the session that opened it.
            self.authenticate(login, login)
        answer = self.url_open(path, data=post or None, allow_redirects=False)
        self.assertEqual(answer.status_code, status, path)
        return html.fromstring(answer.content) if answer.content else None

    def _text(self, path, login="clerk"):
        """Return what a page says, in single spaces."""
        [main] = self._page(path, login).xpath("//div[@id='wrap'] | //main")[-1:]
        return " ".join(main.text_content().split())

    def _csv(self, path, login="clerk"):
        self.authenticate(login, login)
        answer = self.url_open(path)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/csv"))
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def _queries(self, path):
        """Return how many queries a page takes, the second time it is asked for."""
        self._page(path)
        before = self.env.cr.sql_log_count
        self.url_open(path)
        return self.env.cr.sql_log_count - before
