from odoo.exceptions import UserError

from .rpc import RpcMixin

OUTSIDERS = ("internal", "portal", "agent", "public")


class AccessFields(RpcMixin):
    """What we add to models of Odoo, which customers and colleagues may read."""

    def _our_fields(self):
        """Return the names of our fields by model, on models of Odoo with records."""
        fields = {}
        for model, Model in self.env.registry.items():
            if model.startswith("msp.") or Model._abstract or Model._transient:
                continue
            names = [
                name
                for name, field in Model._fields.items()
                if "msp_billing" in field._modules
            ]
            if names:
                fields[model] = names
        return fields

    def test_every_field_names_its_groups(self):
        ours = self._our_fields()
        self.assertLessEqual(
            {"account.move", "account.move.line", "res.partner", "res.company"},
            ours.keys(),
        )
        for model, names in ours.items():
            for name in names:
                self.assertTrue(self.env[model]._fields[name].groups, f"{model}.{name}")
            for role in OUTSIDERS:
                Model = self.env[model].with_user(self.users[role])
                self.assertEqual(Model.fields_get(names), {}, f"{role} {model}")

    def test_outsiders_read_none_of_them(self):
        """They read every field that they may, and each of ours by its name."""
        own = {**self.world["own"], "res.company": self.company}
        for role in OUTSIDERS:
            own["res.users"] = self.users[role].sudo()
            own["res.partner"] = own["res.users"].partner_id
            for model, names in self._our_fields().items():
                if not own.get(model):
                    continue
                ids, user = own[model][:1].ids, self.users[role]
                seen = self.env[model].with_user(user).fields_get()
                self.assertFalse([name for name in seen if name in names])
                for name in seen:
                    self._read(user, model, ids, [name])
                for name in names:
                    with self.subTest(f"{role} {model}.{name}"):
                        self.assertIsNone(self._read(user, model, ids, [name]))
                        if self.env[model]._fields[name].required:
                            # Odoo answers "is it set" without looking.
                            continue
                        with self.assertRaises(UserError):
                            domain = [(name, "!=", False)]
                            self._call(user, model, "search_count", domain)

    def _read(self, user, model, ids, names):
        """Return what a user reads, or None when that is refused."""
        try:
            return self._call(user, model, "read", ids, names)
        except UserError:
            return None

    def test_a_company_is_made_and_set_up_by_its_administrators(self):
        """Who may not bill may still make a company, and its settings are proposed."""
        groups = "base.group_erp_manager,base.group_partner_manager"
        keeper = self._user("keeper", groups, self.company)
        company = self._call(keeper, "res.company", "create", {"name": "Third"})
        record = self.env["res.company"].browse(company)
        self.assertEqual(record.msp_due_days, 14)
        self.assertTrue(record.msp_timezone)
        system = self._user("system", "base.group_system", self.company)
        Settings = self.env["res.config.settings"].with_user(system)
        settings = Settings.create({"msp_due_days": 30, "msp_silent_days": 60})
        settings.execute()
        self.assertEqual(self.company.msp_due_days, 30)
        self.assertEqual(self.company.msp_silent_days, 60)
