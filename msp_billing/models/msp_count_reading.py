from odoo import api, fields, models
from odoo.exceptions import ValidationError

MAXIMUM = 1_000_000
KEY_FIELDS = ("company_id", "partner_id", "type_id", "date")


class MspCountReading(models.Model):
    _name = "msp.count.reading"
    _inherit = ["mail.thread"]
    _description = "Count Reading"
    _order = "date desc, partner_id, type_id, id desc"
    _check_company_auto = True
    _rec_names_search = ["partner_id.name"]

    # === FIELDS === #
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    date = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._default_date(),
        tracking=True,
        help="From this day on, until the next reading, the customer has so many.",
    )
    quantity = fields.Integer(
        string="Computers", required=True, aggregator=None, tracking=True
    )
    note = fields.Char(help="Where the number comes from.")

    _quantity_check = models.Constraint(
        f"CHECK (quantity BETWEEN 0 AND {MAXIMUM})",
        "A count of computers is between 0 and 1,000,000.",
    )
    _day_unique = models.Constraint(
        "UNIQUE (company_id, partner_id, type_id, date)",
        "The customer has a count of this type from this day already. Change that one.",
    )
    _count_idx = models.Index("(partner_id, date)")

    # === COMPUTE METHODS === #
    @api.model
    def _default_date(self):
        return self.env.company._msp_today()

    @api.depends("partner_id", "type_id", "date", "quantity")
    def _compute_display_name(self):
        for reading in self:
            reading.display_name = self.env._(
                "%(customer)s: %(quantity)s %(type)s from %(date)s",
                customer=reading.partner_id.display_name,
                quantity=reading.quantity,
                type=reading.type_id.display_name,
                date=reading.date,
            )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        defaults = {"company_id": self.env.company.id, "date": self._default_date()}
        self._check_readings([{**defaults, **vals} for vals in vals_list])
        return super().create(vals_list)

    def write(self, vals):
        if vals.keys() & {*KEY_FIELDS, "quantity"}:
            self._check_readings([{**reading._key(), **vals} for reading in self])
        return super().write(vals)

    # === BUSINESS METHODS === #
    def _key(self):
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "type_id": self.type_id.id,
            "date": self.date,
        }

    def _check_readings(self, vals_list):
        """Stop people, by the customer's name, before the database does."""
        seen = set()
        for vals in vals_list:
            self._check_quantity(vals)
            key = tuple(vals.get(name) for name in KEY_FIELDS[:-1])
            key = (*key, fields.Date.to_date(vals.get("date") or False))
            domain = [
                ("id", "not in", self.ids),
                *(
                    (name, "=", value)
                    for name, value in zip(KEY_FIELDS, key, strict=True)
                ),
            ]
            if all(key) and (key in seen or self.sudo().search_count(domain, limit=1)):
                raise ValidationError(
                    self.env._(
                        "%(customer)s has a count of %(type)s from %(date)s already. "
                        "Change that one, or choose another day.",
                        customer=self._name_of("res.partner", key[1]),
                        type=self._name_of("msp.computer.type", key[2]),
                        date=key[3],
                    )
                )
            seen.add(key)

    def _check_quantity(self, vals):
        quantity = vals.get("quantity", 0)
        whole = isinstance(quantity, int) or (
            isinstance(quantity, float) and quantity.is_integer()
        )
        if not whole or not 0 <= quantity <= MAXIMUM:
            raise ValidationError(
                self.env._(
                    "%(customer)s cannot have %(quantity)s computers. Enter a whole "
                    "number from 0 to %(maximum)s.",
                    customer=self._name_of("res.partner", vals.get("partner_id")),
                    quantity=quantity,
                    maximum=MAXIMUM,
                )
            )

    @api.model
    def _name_of(self, model, record_id):
        return self.env[model].browse(record_id or False).display_name or ""
