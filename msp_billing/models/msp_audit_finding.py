from odoo import api, fields, models


class MspAuditFinding(models.Model):
    """What the hourly audit found, as long as it is there."""

    _name = "msp.audit.finding"
    _description = "Audit Finding"
    _order = "date_found desc, id desc"

    # === FIELDS === #
    code = fields.Char(required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", readonly=True
    )
    message = fields.Text(required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company", readonly=True, index="btree_not_null"
    )
    date_found = fields.Datetime(
        readonly=True, default=lambda self: fields.Datetime.now()
    )

    # === ACTION METHODS === #
    def action_open_record(self):
        """Open the record that the finding is about."""
        self.ensure_one()
        if not self.res_id:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_audit(self):
        """Audit now and show the findings."""
        self.check_access("read")
        self.sudo()._refresh()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_audit_finding_action"
        )

    # === BUSINESS METHODS === #
    @api.model
    def _refresh(self, ids=None):
        """Keep the findings that are still there, add new ones, delete mended ones.

        :param list ids: the billed cycles to rate and count again, among them all
            that have findings; without it every one
        """
        Cycle = self.env["msp.billing.cycle"].sudo()
        known = {
            (finding.code, finding.res_model, finding.res_id, finding.message): finding
            for finding in self.search([("id", "!=", False)])
        }
        missing = []
        for found in Cycle._audit() if ids is None else Cycle._audit_of(ids):
            key = (found["code"], found["model"], found["res_id"], found["message"])
            if key in known:
                known.pop(key)
            else:
                missing.append(self._prepare_finding(found))
        for mended in known.values():
            mended.unlink()
        created = self.create(missing)
        if created:
            created._tell_managers()
        return created

    @api.model
    def _prepare_finding(self, found):
        record = self.env[found["model"]].sudo().browse(found["res_id"] or [])
        return {
            "code": found["code"],
            "res_model": found["model"],
            "res_id": found["res_id"],
            "message": found["message"],
            "company_id": record.company_id.id if record else False,
        }

    def _tell_managers(self):
        """Raise one activity for new findings, on the newest run of the company."""
        for company, findings in self.grouped("company_id").items():
            run = self.env["msp.bill.run"].search(
                [("company_id", "=", company.id)] if company else [("id", "!=", False)],
                limit=1,
            )
            if run:
                responsible = run._responsible(run.company_id)
                run.sudo().with_context(mail_notify_force_send=False).activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("The audit found something"),
                    note=findings[0].message,
                    user_id=responsible.id,
                )
