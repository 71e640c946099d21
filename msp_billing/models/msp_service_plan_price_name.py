from odoo import api, models


class MspServicePlanPrice(models.Model):
    """The name that a price has until somebody types one: in every language.

    Customers read it on their bills, each in a language of their own.
    """

    _inherit = "msp.service.plan.price"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        prices = super().create(vals_list)
        names = self._default_names()
        name = names.get(self.env.lang or "en_US")
        if len(names) > 1:
            for price in prices.filtered(lambda price: price.name == name):
                price.update_field_translations("name", names)
        return prices

    def write(self, vals):
        unnamed = self._unnamed(vals.get("name"))
        result = super().write(vals)
        for price in unnamed:
            # What was typed holds for all, until somebody translates it.
            others = dict.fromkeys(self._default_names(), False)
            price.update_field_translations("name", {**others, "en_US": vals["name"]})
        return result

    # === BUSINESS METHODS === #
    def _default_names(self):
        """Return language -> the name of a price that nobody has named."""
        return {
            code: self.with_context(lang=code).env._("Managed computer")
            for code, _language in self.env["res.lang"].get_installed()
        }

    def _unnamed(self, name):
        """Return those that have the default names until somebody types this one."""
        names = self._default_names() if name else {}
        if len(names) < 2 or name in names.values():
            return self.browse()
        return self.filtered(
            lambda price: all(
                price.with_context(lang=code).name == default
                for code, default in names.items()
            )
        )
