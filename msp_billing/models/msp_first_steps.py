from odoo import api, models


class MspServicePlan(models.Model):
    """The first steps of a company: what is there already, and what comes next.

    A step is done when the data say so; nobody ticks it.
    """

    _inherit = "msp.service.plan"

    # === ACTION METHODS === #
    @api.model
    @api.readonly
    def get_first_steps(self):
        """Return the first steps of the company that the user works in.

        :return: for each step ``name``, ``title``, ``text``, ``done``, ``button`` (what
            is on it) and ``action`` (what it opens, or False where only an
            administrator can); nothing when all are done, when they were hidden, and
            for people who are not billing managers
        :rtype: list[dict]
        """
        company = self.env.company
        if not self._is_first_steps_reader() or company.sudo().msp_first_steps_hidden:
            return []
        steps = [
            self._first_step_company(company),
            self._first_step_plan(company),
            self._first_step_customers(company),
            self._first_step_computers(company),
            self._first_step_preview(company),
        ]
        return [] if all(step["done"] for step in steps) else steps

    @api.model
    def action_hide_first_steps(self):
        """Hide the first steps of the company that the user works in, for everybody.

        They come back under Configuration > Billing Settings.

        :raises AccessError: for people who are not billing managers
        """
        self.browse().check_access("write")
        self.env.company.sudo().msp_first_steps_hidden = True

    # === BUSINESS METHODS === #
    @api.model
    def _is_first_steps_reader(self):
        return self.env.user.has_group("msp_billing.group_msp_billing_manager")

    @api.model
    def _first_step_company(self, company):
        may_write = company.has_access("write")
        return {
            "name": "company",
            "title": self.env._("Your company"),
            "text": (
                self.env._("Its logo, address and e-mail stand on every bill.")
                if may_write
                else self.env._(
                    "Its logo, address and e-mail stand on every bill. An "
                    "administrator enters them under Settings > Companies."
                )
            ),
            "done": all(
                (company.street, company.city, company.country_id, company.email)
            ),
            "button": self.env._("Complete Company"),
            "action": may_write and self._first_step_form("res.company", company.id),
        }

    @api.model
    def _first_step_plan(self, company):
        Price = self.env["msp.service.plan.price"]
        priced = [("plan_id.active", "=", True), ("company_id", "=", company.id)]
        return {
            "name": "plan",
            "title": self.env._("A service plan"),
            "text": self.env._("What you sell, and what a managed computer costs."),
            "done": bool(Price.search_count(priced, limit=1)),
            "button": self.env._("Add Service Plan"),
            "action": self._first_step_form("msp.service.plan"),
        }

    @api.model
    def _first_step_customers(self, company):
        own = [("company_id", "=", company.id)]
        plan = self.search(own, order="id desc", limit=1)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_associate_action"
        )
        return {
            "name": "customers",
            "title": self.env._("Customers"),
            "text": self.env._(
                "Associate them with the plan: from when, how often they are billed, "
                "and where the bill goes."
            ),
            "done": bool(self.env["msp.subscription"].search_count(own, limit=1)),
            "button": self.env._("Associate Customers"),
            "action": {**action, "context": {"default_plan_id": plan.id}},
        }

    @api.model
    def _first_step_computers(self, company):
        own = [("company_id", "=", company.id)]
        agreed = [*own, ("count_source", "=", "contracted")]
        return {
            "name": "computers",
            "title": self.env._("Computers"),
            "text": self.env._(
                "Import the export of your monitoring tool, or enter them under "
                "Inventory."
            ),
            "done": any(
                Model.search_count(domain, limit=1)
                for Model, domain in (
                    (self.env["msp.computer"], own),
                    (self.env["msp.count.reading"], own),
                    (self.env["msp.subscription"], agreed),
                )
            ),
            "button": self.env._("Import Computers"),
            "action": self.env["ir.actions.act_window"]._for_xml_id(
                "msp_billing.msp_source_import_action"
            ),
        }

    @api.model
    def _first_step_preview(self, company):
        worked = [("company_id", "=", company.id), ("state", "!=", "draft")]
        return {
            "name": "preview",
            "title": self.env._("The first preview"),
            "text": self.env._("See every bill before there is one. It sends nothing."),
            "done": bool(self.env["msp.bill.run"].search_count(worked, limit=1)),
            "button": self.env._("Preview Bills"),
            "action": self._first_step_form("msp.bill.run"),
        }

    @api.model
    def _first_step_form(self, model, res_id=False):
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
            "target": "current",
        }
