import pathlib

from lxml import etree

from odoo.tests import tagged
from odoo.tools import file_path
from odoo.tools.safe_eval import safe_eval

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestEcosystem(MspBillingCommon):
    """Addresses, help, search, chatter: what people know from Odoo's own apps."""

    def _menu_actions(self):
        root = self.env.ref("msp_billing.msp_billing_menu_root")
        menus = self.env["ir.ui.menu"].search([("id", "child_of", root.id)])
        actions = {menu.action for menu in menus if menu.action}
        return [a for a in actions if a._name == "ir.actions.act_window"]

    def test_every_screen_has_an_address_and_says_what_to_do_when_it_is_empty(self):
        actions = self._menu_actions()
        self.assertGreater(len(actions), 15)
        for action in actions:
            if "list" in action.view_mode.split(","):
                self.assertTrue(action.path, action.xml_id)
                self.assertIn("o_view_nocontent", action.help or "", action.xml_id)

    def test_serial_number_finds_computer_customer_subscription_and_bill(self):
        customer = self._customer("Acme Ltd")
        site = self._customer("North", parent_id=customer.id, is_company=False)
        other = self._customer("Beta Ltd")
        plan = self._plan()
        for partner in (customer, other):
            self._subscribe(plan, partner)
        [computer] = self._computers(site, 1, serial="SN-4711-X")
        self._computers(other, 1, serial="SN-9999")
        self._bill("2026-02-01")
        found = self.env["msp.computer"].name_search("4711")
        self.assertEqual([id_ for id_, _name in found], computer.ids)
        for model, view, expected in (
            ("res.partner", "base.view_res_partner_filter", customer | site),
            (
                "msp.subscription",
                "msp_billing.msp_subscription_view_search",
                customer,
            ),
            ("account.move", "msp_billing.msp_bill_view_search", customer),
        ):
            with self.subTest(model):
                records = self._search_as_typed(model, view, "4711")
                partners = (
                    records if model == "res.partner" else records.mapped("partner_id")
                )
                self.assertEqual(partners, expected)

    def _search_as_typed(self, model, view, text):
        """Search by the field of a search view that asks for a computer."""
        view_id = self.env.ref(view).id
        arch = self.env[model].get_view(view_id, "search")["arch"]
        [node] = etree.fromstring(arch).xpath(
            "//field[@string='Computer or Serial Number']"
        )
        domain = node.get("filter_domain").replace("self", repr(text))
        return self.env[model].search(safe_eval(domain))

    def test_people_follow_and_plan_work_on_plan_subscription_and_run(self):
        plan = self._plan()
        subscription = self._subscribe(plan, self._customer())
        run = self._new_run("2026-02-01")
        colleague = self._user("colleague", "msp_billing.group_msp_billing_manager")
        for record in (plan, subscription, run):
            with self.subTest(record._name):
                record = record.with_user(colleague)
                record.message_subscribe(colleague.partner_id.ids)
                self.assertIn(colleague.partner_id, record.message_partner_ids)
                record.message_post(body="Agreed by phone")
                self.assertIn("Agreed by phone", record.message_ids[0].body)
                record.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=colleague.id
                )
                self.assertEqual(record.activity_ids.user_id, colleague)
                arch = etree.fromstring(record.get_view(view_type="form")["arch"])
                self.assertTrue(arch.xpath("//chatter"))


@tagged("post_install", "-at_install")
class TestAccessibility(MspBillingCommon):
    """What can be pushed or carries a meaning has a name that can be read aloud."""

    def _views(self):
        ids = (
            self.env["ir.model.data"]
            .search([("module", "=", "msp_billing"), ("model", "=", "ir.ui.view")])
            .mapped("res_id")
        )
        views = self.env["ir.ui.view"].browse(ids)
        self.assertGreater(len(views), 60)
        return views

    def _templates(self):
        folder = pathlib.Path(file_path("msp_billing/static/src"))
        files = [*folder.rglob("*.xml")]
        self.assertGreater(len(files), 3)
        return files

    def _template(self, file):
        return etree.fromstring(file.read_bytes())

    def test_every_button_has_a_name(self):
        for view in self._views():
            for node in etree.fromstring(view.arch).iter("button"):
                with self.subTest(f"{view.xml_id} {node.get('name')}"):
                    self.assertTrue(name_of(node))

    def test_every_button_of_the_templates_has_a_name(self):
        for name in self._templates():
            for node in self._template(name).iter("button"):
                with self.subTest(f"{name} {node.get('class')}"):
                    self.assertTrue(name_of(node))

    def test_every_icon_has_a_name_or_is_hidden(self):
        trees = [(view.xml_id, etree.fromstring(view.arch)) for view in self._views()]
        trees += [(name, self._template(name)) for name in self._templates()]
        for name, tree in trees:
            for node in tree.xpath("//i[contains(@class, 'fa')]"):
                with self.subTest(f"{name} {node.get('class')}"):
                    self.assertTrue(
                        node.get("aria-hidden") or name_of(node), "An icon alone"
                    )
            for node in tree.iter("img"):
                self.assertTrue(node.get("alt") or node.get("t-att-alt"), name)


def name_of(node):
    """Return what a screen reader reads of a button or an icon."""
    names = ("string", "title", "aria-label", "t-out")
    own = [
        node.get(prefix + name)
        for name in names
        for prefix in ("", "t-att-", "t-attf-")
    ]
    fields = [child.get("name") for child in node.iter("field")]
    inner = [name_of(child) for child in node if isinstance(child.tag, str)]
    text = "".join(node.itertext()).strip()
    return next(filter(None, [*own, text, *fields, *inner]), None)
