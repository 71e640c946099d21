from odoo import api, fields, models


class MspSourceCustomer(models.Model):
    """What a source reported for a customer that nobody has mapped."""

    _inherit = "msp.source.customer"

    # === FIELDS === #
    refused_count = fields.Integer(
        string="Computers Refused",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Computers in the newest delivery that was refused since nobody has said "
        "which customer it is for.",
    )
    refused_at = fields.Datetime(
        string="Newest Refused", readonly=True, copy=False, help="When it was taken."
    )

    # === BUSINESS METHODS === #
    @api.model
    def _note_refused(self, source, counts, taken_at):
        """Keep how many computers wait for a customer, from the newest delivery.

        :param dict counts: computers reported, by the key of a customer not mapped
        :param datetime taken_at: when; without it, now
        """
        taken_at = taken_at or fields.Datetime.now()
        for customer in self.search(
            [
                ("source_id", "=", source.id),
                ("external_key", "in", list(counts)),
                ("partner_id", "=", False),
            ]
        ):
            if not customer.refused_at or customer.refused_at <= taken_at:
                customer.write(
                    {
                        "refused_count": counts[customer.external_key],
                        "refused_at": taken_at,
                    }
                )
