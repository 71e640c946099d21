from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from .access_common import MORE_ROLES, AccessCommon

NAMES = {"own": "Acme", "other": "Zenith"}
# Told apart by their amounts too.
EXTRA = {"Acme": 30.0, "Zenith": 7777.77}


class AccessWorld(AccessCommon):
    """Two companies, and in each at least one record of every model of ours.

    ``cls.world["own"]`` and ``cls.world["other"]`` hold them by the model's name. The
    users of all roles work in the own company. The portal user is a contact of its
    customer.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role, groups in MORE_ROLES.items():
            cls.users[role] = cls._user(role, groups, cls.company)
        cls.users["public"] = cls.env.ref("base.public_user")
        cls.other_data = cls.setup_other_company()
        cls.other = cls.other_data["company"]
        cls.other.write(
            {
                "msp_timezone": "UTC",
                "msp_journal_id": cls.other_data["default_journal_sale"].id,
            }
        )
        # So that its bills have numbers of their own.
        cls.other_data["default_journal_sale"].code = "ZEN"
        cls.world = {
            place: cls._make_world(company, NAMES[place])
            for place, company in (("own", cls.company), ("other", cls.other))
        }
        cls.users["agent"] = cls.world["own"]["msp.source"].agent_user_id
        portal = cls.users["portal"].partner_id
        portal.parent_id = cls.world["own"]["res.partner"]
        cls.env.flush_all()

    # === MAKING RECORDS === #
    @classmethod
    def _make_world(cls, company, name):
        # As superuser, since many of these are made by our own code alone.
        Root = cls.env["base"].with_user(1).with_company(company).env
        world = {}
        customer = cls._customer(f"{name} Customer", company_id=company.id)
        world["res.partner"] = customer
        world["msp.computer.type"] = cls.server
        world.update(cls._make_terms(Root, company, name, customer))
        world.update(cls._make_inventory(Root, company, name, customer))
        world.update(cls._make_bill(Root, company, world))
        world.update(cls._make_wizards(Root, world))
        return world

    @classmethod
    def _make_terms(cls, root, company, name, customer):
        product = cls.product.copy(
            {"name": f"{name} Service", "company_id": company.id, "taxes_id": False}
        )
        tiers = [
            (0, 0, {"from_quantity": first, "unit_price": 5.0}) for first in (0, 9)
        ]
        price = {
            "name": f"{name} Price",
            "price_model": "volume",
            "computer_type_ids": cls.workstation.ids,
            "tier_ids": tiers,
        }
        plan = cls._plan(
            f"{name} Plan",
            prices=[price],
            company_id=company.id,
            product_id=product.id,
        )
        subscription = cls._subscribe(plan, customer, company_id=company.id)
        subscription.price_override_ids = [
            (0, 0, {"price_id": plan.price_ids.id, "minimum_quantity": 1})
        ]
        extras = [
            (0, 0, {"name": f"{name} Extra", "date": day, "unit_price": EXTRA[name]})
            for day in ("2026-01-10", "2030-01-10")
        ]
        subscription.extra_charge_ids = extras
        step = root["msp.reminder.step"].create(
            {
                "name": f"{name} Step",
                "company_id": company.id,
                "days": 3,
                "subject": "Due",
                "body": "Soon",
            }
        )
        return {
            "msp.service.plan": plan,
            "msp.service.plan.price": plan.price_ids,
            "msp.service.plan.price.tier": plan.price_ids.tier_ids,
            "msp.subscription": subscription,
            "msp.subscription.price.override": subscription.price_override_ids,
            "msp.extra.charge": subscription.extra_charge_ids,
            "msp.reminder.step": step,
        }

    @classmethod
    def _make_inventory(cls, root, company, name, customer):
        source = root["msp.source"].create({"name": name, "company_id": company.id})
        mapping = root["msp.source.customer"].create(
            {
                "source_id": source.id,
                "external_key": f"{name}-1",
                "partner_id": customer.id,
            }
        )
        own = {"company_id": company.id, "source_id": source.id}
        computers = cls._computers(customer, 2, company_id=company.id)
        for number, computer in enumerate(computers):
            computer.write({"external_key": f"{name}-{number}", "source_id": source.id})
        # No plan covers these: they are in the list of leakage.
        computers += cls._computers(
            customer, 1, type_=cls.mobile, company_id=company.id
        )
        reading = root["msp.count.reading"].create(
            {
                "company_id": company.id,
                "partner_id": customer.id,
                "type_id": cls.server.id,
                "date": "2026-01-01",
                "quantity": 3,
            }
        )
        sync = root["msp.source.sync"].create(
            {"source_id": source.id, "state": "applied", "customer_key": f"{name}-1"}
        )
        request = root["msp.source.request"].create(
            {**own, "idempotency_key": f"{name}-1", "request_hash": "0"}
        )
        kind = root["msp.source.type"].create(
            {"source_id": source.id, "name": name, "type_id": cls.server.id}
        )
        until = fields.Datetime.now() + timedelta(days=90)
        root["msp.source.key"]._make(source, f"{name} Key", until)
        cls.env.flush_all()
        cls.env.invalidate_all()
        # Its rows are numbered anew for the companies of whoever looks.
        Leakage = root["msp.leakage"].with_context(allowed_company_ids=company.ids)
        leak = Leakage.search([("computer_id", "in", computers.ids)])
        Month = root["msp.computer.month"].with_context(allowed_company_ids=company.ids)
        months = Month.search([("partner_id", "in", computers.partner_id.ids)], limit=2)
        return {
            "msp.source": source,
            "msp.source.customer": mapping,
            "msp.source.type": kind,
            "msp.source.sync": sync,
            "msp.source.request": request,
            "msp.source.key": source.key_ids,
            "msp.computer": computers,
            "msp.computer.month": months,
            "msp.computer.period": computers.period_ids,
            "msp.count.reading": reading,
            "msp.leakage": leak,
        }

    @classmethod
    def _make_bill(cls, root, company, world):
        run = cls._new_run("2026-02-01", company_id=company.id)
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        bot.state = "done"
        cls.env.flush_all()
        cls.env.invalidate_all()
        bill, cycle = run.move_ids, run.cycle_ids
        bill.sudo().msp_delivery_ids.state = "sent"
        author = world["res.partner"]
        dispute = root["msp.bill.dispute"].create(
            {
                "move_id": bill.id,
                "charge_id": cycle.charge_ids[:1].id,
                "author_id": author.id,
                "text": f"{author.name} was away",
            }
        )
        issue = bot._record_issue("changed", cycle, "Changed")
        moments = {"date_start": "2026-02-01", "date_end": "2026-02-01"}
        batch = root["msp.bill.run.batch"].create({"run_id": run.id, **moments})
        finding = root["msp.audit.finding"].create(
            {
                "code": "test",
                "res_model": "msp.bill.run",
                "res_id": run.id,
                "message": f"{company.name} Finding",
                "company_id": company.id,
            }
        )
        late = root["msp.late.change"].create({"cycle_id": cycle.id, "amount": 4.0})
        forecast = root["msp.forecast"].create({"company_id": company.id})
        line = root["msp.forecast.line"].create(
            {
                "forecast_id": forecast.id,
                "company_id": company.id,
                "subscription_id": cycle.subscription_id.id,
                "date": "2026-03-01",
                "made_at": fields.Datetime.now(),
            }
        )
        looking = {"allowed_company_ids": company.ids}
        revenue = root["msp.recurring.revenue"].with_context(**looking)
        return {
            "account.move": bill,
            "account.move.line": bill.line_ids,
            "msp.bill.dispute": dispute,
            "msp.bill.run": run,
            "msp.bill.run.batch": batch,
            "msp.bill.run.issue": issue,
            "msp.billing.cycle": cycle,
            "msp.charge": cycle.charge_ids,
            "msp.charge.computer": cycle.evidence_ids,
            "msp.delivery": bill.msp_delivery_ids,
            "msp.audit.finding": finding,
            "msp.late.change": late,
            "msp.forecast": forecast,
            "msp.forecast.line": line,
            "msp.billing.report": root["msp.billing.report"].browse(
                cycle.charge_ids.ids
            ),
            "msp.recurring.revenue": revenue.search(
                [("subscription_id", "=", cycle.subscription_id.id)], limit=2
            ),
        }

    @classmethod
    def _make_wizards(cls, root, world):
        plan, customer = world["msp.service.plan"].id, world["res.partner"].id
        computers, source = world["msp.computer"].ids, world["msp.source"].id
        subscription, bill = world["msp.subscription"].id, world["account.move"].id
        reason, many = {"reason": "Test"}, Command.set
        values = {
            "msp.bill.dispute.end": {"move_id": bill, "note": "Test"},
            "msp.bill.extend": {"move_id": bill, "date_due": "2027-01-01", **reason},
            "msp.bill.void": {"move_ids": [many([bill])], **reason},
            "msp.billing.cycle.release": {"note": "Test"},
            "msp.company.settings": {"msp_timezone": "UTC"},
            "msp.computer.end": {"computer_id": computers[0]},
            "msp.computer.move": {
                "computer_ids": [many(computers)],
                "partner_id": customer,
            },
            "msp.consolidated.bill": {"partner_ids": [many([customer])]},
            "msp.price.change": {"plan_ids": [many([plan])]},
            "msp.source.import": {"source_id": source},
            "msp.source.key.new": {"source_id": source, "name": "Test"},
            "msp.subscription.associate": {
                "plan_id": plan,
                "partner_ids": [many([customer])],
            },
            "msp.subscription.dissociate": {"plan_id": plan},
        }
        made = {model: root[model].create(vals) for model, vals in values.items()}
        change = {"wizard_id": made["msp.price.change"].id}
        file = {"wizard_id": made["msp.source.import"].id}
        for model, vals in (
            ("msp.price.change.line", {**change, "plan_id": plan}),
            (
                "msp.price.change.effect",
                {**change, "subscription_id": subscription, "state": "same"},
            ),
            ("msp.source.import.column", {**file, "label": "Key"}),
            ("msp.source.import.customer", file),
            ("msp.source.import.type", file),
            ("msp.source.import.computer", file),
        ):
            made[model] = root[model].create(vals)
        lines = made["msp.subscription.associate"].line_ids
        return {**made, "msp.subscription.associate.line": lines}

    # === ASKING === #
    @classmethod
    def _our_models(cls, transient=None):
        """Return the names of our models that have a table or a view."""
        return sorted(
            name
            for name, Model in cls.env.registry.items()
            if name.startswith("msp.")
            and not Model._abstract
            and transient in (None, bool(Model._transient))
        )

    def _give_to(self, role, model):
        """Let a user of a role be who opened the own wizard of a model."""
        record = self.world["own"][model]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET create_uid = %s WHERE id = ANY(%s)",
                SQL.identifier(record._table),
                self.users[role].id,
                list(record.ids),
            )
        )
        record.invalidate_recordset()
