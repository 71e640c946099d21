from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.snapshot import clean_text
from ..tools.worked_out import is_ours, wanted

# What reports leave behind; see also ``msp_source_refused``.
STAMPS = ("last_taken_at", "last_complete_at", "refused_count", "refused_at")


class MspSourceCustomer(models.Model):
    _name = "msp.source.customer"
    _description = "Customer of a Source"
    _order = "source_id, name, external_key, id"
    _check_company_auto = True
    _rec_names_search = ["name", "external_key", "partner_id.name"]

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="source_id.company_id", store=True, index=True, precompute=True
    )
    external_key = fields.Char(
        string="Key in Source",
        required=True,
        help="Under this key the source knows the customer.",
    )
    name = fields.Char(
        string="Name in Source", help="What the source calls the customer."
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Whose computers these are. Empty: nothing is accepted for this key.",
    )
    ignored = fields.Boolean(
        string="Left Out",
        compute="_compute_ignored",
        store=True,
        readonly=False,
        copy=True,
        help="Not a customer of ours: imports skip it, and nobody is asked who it is.",
    )
    last_taken_at = fields.Datetime(
        string="Newest Report",
        readonly=True,
        copy=False,
        help="The moment of the newest snapshot that was applied.",
    )
    last_complete_at = fields.Datetime(
        string="Newest Complete Report",
        readonly=True,
        copy=False,
        help="The moment of the newest complete snapshot that was applied.",
    )

    _key_unique = models.Constraint(
        "UNIQUE (source_id, external_key)", "The source has this key already."
    )

    # === COMPUTE METHODS === #
    @api.depends("name", "external_key")
    def _compute_display_name(self):
        for customer in self:
            customer.display_name = customer.name or customer.external_key

    @api.depends("partner_id")
    def _compute_ignored(self):
        for customer in self:
            customer.ignored = customer.ignored and not customer.partner_id

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_stamps(vals)
        return super().create([self._with_clean_key(vals) for vals in vals_list])

    def write(self, vals):
        self._refuse_stamps(vals)
        return super().write(self._with_clean_key(vals))

    @api.ondelete(at_uninstall=True)
    def _unlink_except_reporting(self):
        computers = self.env["msp.computer"].sudo().with_context(active_test=False)
        for customer in self:
            count = computers.search_count([("source_customer_id", "=", customer.id)])
            if count:
                raise UserError(
                    self.env._(
                        "%(source_name)s reported %(count)s computers at %(customer)s. "
                        "Map it to another customer, or take the customer out to "
                        "accept nothing for it any more.",
                        source_name=customer.source_id.name,
                        count=count,
                        customer=customer.display_name,
                    )
                )

    # === BUSINESS METHODS === #
    @api.model
    def _refuse_stamps(self, vals):
        """Refuse to say when was reported: bills are held when that is long ago."""
        if wanted(self, vals, STAMPS) and not is_ours(self.env):
            raise UserError(
                self.env._(
                    "When a source reported its customers is noted by the reports."
                )
            )

    @api.model
    def _with_clean_key(self, vals):
        """Return values whose key is as those of snapshots are read."""
        if "external_key" not in vals:
            return vals
        return {**vals, "external_key": clean_text(vals["external_key"] or "")}

    @api.model
    def _remember(self, source, keys):
        """Note keys that are not mapped yet, so that people find them in the source.

        :param dict keys: the name in the source by its key
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                # Another delivery may note the same ones at the same time.
                """
                INSERT INTO msp_source_customer
                            (source_id, company_id, external_key, name,
                             create_uid, write_uid, create_date, write_date)
                     SELECT %(source)s, %(company)s, new.key, new.name,
                            %(user)s, %(user)s, %(now)s, %(now)s
                       FROM unnest(%(keys)s::varchar[], %(names)s::varchar[])
                         AS new (key, name)
                ON CONFLICT (source_id, external_key) DO NOTHING
                """,
                source=source.id,
                company=source.company_id.id,
                keys=[clean_text(key) for key in keys],
                names=[name or None for name in keys.values()],
                user=self.env.uid,
                now=self.env.cr.now(),
            ),
            log_exceptions=False,
        )
        source.invalidate_recordset(["customer_map_ids"])

    def _check_taken_at(self, taken_at):
        """Refuse what is older than the newest snapshot that was applied."""
        self.ensure_one()
        if self.last_taken_at and taken_at < self.last_taken_at:
            raise UserError(
                self.env._(
                    "The snapshot of %(customer)s was taken at %(moment)s UTC, before "
                    "the newest one that was applied (%(newest)s UTC). Send a newer "
                    "one; correct the past in the history of the computers.",
                    customer=self.display_name,
                    moment=taken_at,
                    newest=self.last_taken_at,
                )
            )

    def _check_emptied(self, snapshot, changes):
        """Refuse an empty list that would end computers: it often is a failed query."""
        if snapshot.rows or not changes.end or snapshot.confirmed_empty:
            return
        raise UserError(
            self.env._(
                "%(name)s reports no computers at all for %(customer)s, who has "
                "%(count)s. When that is right, deliver it with "
                '"confirmed_empty": true, or end them by hand.',
                name=self.source_id.name,
                customer=self.display_name,
                count=len(changes.end),
            )
        )
