from odoo import models
from odoo.tools import SQL

from .msp_source_import import COUNTS

# The types of a row in the list of computers.
KINDS = (
    "varchar[]",
    "integer[]",
    "varchar[]",
    "integer[]",
    "varchar[]",
    "varchar[]",
    "integer[]",
    "date[]",
    "text[]",
)


class MspSourceImport(models.TransientModel):
    """The preview, as people see it."""

    _inherit = "msp.source.import"

    def _show(self, outcome):
        """Write down what the import would do."""
        warned = [key for key, sum_ in outcome.sums.items() if sum_.level == "warning"]
        counts = outcome.counts
        self.write(
            {
                **{name: counts[name] for name in COUNTS},
                "importable": any(
                    not isinstance(plan, str) for _key, _lines, plan in outcome.plans
                ),
                "fingerprint": outcome.fingerprint,
                "warning": self._warning_text(outcome, warned),
                "note": self._note_text(outcome),
            }
        )
        for line in self.customer_ids.sudo():
            sum_ = outcome.sums.get(line.external_key)
            line.write(self._prepare_sum(sum_) if sum_ else {})
        self._store_entries(outcome.news)

    def _prepare_sum(self, sum_):
        names = ("added", "changed", "ended", "unchanged", "rejected")
        return {
            **{name: sum_.counts[name] for name in names},
            "before": sum_.before,
            "level": sum_.level or False,
            "message": sum_.message or False,
        }

    def _store_entries(self, entries):
        """Write a row for each computer; a file may have a hundred thousand."""
        self.env.flush_all()
        self.env["msp.source.import.computer"].invalidate_model()
        self.invalidate_recordset(["computer_ids", "rejected_ids"])
        self.env.cr.execute(
            SQL("DELETE FROM msp_source_import_computer WHERE wizard_id = %s", self.id)
        )
        if not entries:
            return
        columns = zip(*(entry.row for entry in entries), strict=True)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO msp_source_import_computer (
                            wizard_id, what, line, external_key, partner_id,
                            computer_key, name, type_id, day, detail,
                            create_uid, create_date, write_uid, write_date)
                     SELECT %(wizard)s, row.what, row.line, row.customer, row.partner,
                            row.key, row.name, row.kind, row.day, row.detail,
                            %(user)s, now() AT TIME ZONE 'UTC',
                            %(user)s, now() AT TIME ZONE 'UTC'
                       FROM unnest(%(columns)s) WITH ORDINALITY
                         AS row (what, line, customer, partner, key, name, kind, day,
                                 detail, place)
                   ORDER BY row.place
                """,
                wizard=self.id,
                user=self.env.uid,
                columns=SQL(", ").join(
                    SQL("%s::%s", list(values), SQL(kind))
                    for values, kind in zip(columns, KINDS, strict=True)
                ),
            )
        )

    # === TEXTS === #
    def _change_text(self, what, known, new, owner, kind):
        """Say what is new about a computer, from what to what."""
        texts = []
        if what == "back":
            texts.append(self.env._("Comes back"))
        if owner != known.partner:
            texts.append(self._from_to("res.partner", known.partner, owner))
        if kind != known.kind:
            texts.append(self._from_to("msp.computer.type", known.kind, kind))
        for old, current in ((known.name, new.name), (known.serial, new.serial)):
            if current and current != old:
                texts.append(self._was_text(old, current))
        return "; ".join(texts)

    def _from_to(self, model, old, new):
        records = self.env[model].sudo().browse([old, new])
        before, after = records.mapped("display_name")
        return self.env._("from %(before)s to %(after)s", before=before, after=after)

    def _was_text(self, old, new):
        return self.env._(
            "%(old)s is now %(new)s", old=old or self.env._("nothing"), new=new
        )

    def _jump_text(self, what, count, away, before):
        if what == "gained":
            return self.env._(
                "%(count)s computers are new; until now there are %(before)s.",
                count=count,
                before=before,
            )
        if away:
            return self.env._(
                "%(count)s of %(before)s computers end or move away.",
                count=count,
                before=before,
            )
        return self.env._(
            "%(count)s of %(before)s computers end.", count=count, before=before
        )

    def _warning_text(self, outcome, keys):
        lines = [f"{key}: {outcome.sums[key].message}" for key in keys[:10]]
        if len(keys) > 10:
            lines.append(self.env._("and %(count)s more", count=len(keys) - 10))
        return "\n".join(lines) or False

    def _note_text(self, outcome):
        """Say what the counts do not: who is skipped, who is not in the file."""
        skipped = self.customer_ids.filtered("skip")
        notes = [self._untouched_text()]
        if skipped:
            notes.append(
                self.env._(
                    "Skipped: %(customers)s.",
                    customers=", ".join(self._some(skipped)),
                )
            )
        if outcome.unread:
            notes.append(
                self.env._(
                    "%(count)s times of the last contact were not understood and left "
                    "out. Dates such as 2026-04-30 22:00 are.",
                    count=outcome.unread,
                )
            )
        return "\n".join(filter(None, notes)) or False

    def _untouched_text(self):
        """Say which customers have computers here but no line in a complete file."""
        if not self.complete:
            return ""
        left = self.env["msp.computer"]._read_group(
            [
                ("source_id", "=", self.source_id.id),
                ("date_to", "=", False),
                (
                    "source_customer_id.external_key",
                    "not in",
                    self.customer_ids.mapped("external_key"),
                ),
            ],
            groupby=["source_customer_id"],
            aggregates=["__count"],
        )
        names = sorted(
            self.env._("%(name)s (%(count)s)", name=customer.display_name, count=count)
            for customer, count in left
            if customer
        )
        if not names:
            return ""
        return self.env._(
            "Not in the file: %(customers)s. Nothing is changed for them.",
            customers=", ".join(names[:20]),
        )

    def _difference_text(self, outcome):
        """Say what another delivery changed since the preview."""
        changed = []
        for line in self.customer_ids:
            sum_ = outcome.sums.get(line.external_key)
            vals = self._prepare_sum(sum_) if sum_ else {}
            if any(line[name] != value for name, value in vals.items()):
                changed.append(line.external_key)
        return self.env._(
            "Nothing was imported: the inventory or the choices changed since the "
            "preview (%(customers)s). This is what the import would do now.",
            customers=", ".join(changed[:10]) or self._file_name(),
        )
