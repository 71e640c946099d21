import hashlib

from odoo import models

from ..models.msp_source import COLUMNS
from ..tools.csv_preview import Entry, Outcome, jump, line_entry, problem_entry
from ..tools.csv_reader import double_names, plain
from ..tools.csv_texts import CsvTexts
from ..tools.snapshot import SnapshotError, read_frame
from ..tools.snapshot_texts import Texts


class MspSourceImport(models.TransientModel):
    """What the import does: found by the source's own plan, for preview and import."""

    _inherit = "msp.source.import"

    # === REHEARSAL AND IMPORT === #
    def _rehearse(self, draft):
        """Return what the import would do; what it needs for that is taken back."""
        savepoint = self.env.cr.savepoint()
        try:
            self._remember()
            return self._outcome(draft, lock=False)
        finally:
            savepoint.close(rollback=True)

    def _import(self, draft):
        """Do what the preview shows, or nothing.

        :return: the outcome, with its deliveries only if it is the one of the preview
        """
        savepoint = self.env.cr.savepoint()
        same = False
        try:
            self._remember()
            outcome = self._outcome(draft, lock=True)
            same = outcome.fingerprint == self.fingerprint
            if same:
                outcome.syncs = self._apply(outcome, draft)
                same = bool(outcome.syncs)
            return outcome
        finally:
            savepoint.close(rollback=not same)

    def _remember(self):
        """Note in the source what was chosen: columns, customers and types."""
        self._remember_columns()
        by_key = {line.external_key: line for line in self.source_id.customer_map_ids}
        new = []
        for line in self.unknown_ids:
            vals = {"partner_id": line.partner_id.id, "ignored": line.skip}
            known = by_key.get(line.external_key)
            if known:
                known.write(vals)
            else:
                new.append({**vals, "external_key": line.external_key})
        source = {"source_id": self.source_id.id}
        self.env["msp.source.customer"].create([{**source, **vals} for vals in new])
        chosen = self.type_ids.filtered("type_id")
        self.env["msp.source.type"].create(
            [{**source, "name": t.name, "type_id": t.type_id.id} for t in chosen]
        )

    def _remember_columns(self):
        """Note the chosen columns by their names; those that a name can tell."""
        double = double_names(self.column_ids.mapped("name"))
        names = {}
        for what in COLUMNS:
            name = self[f"column_{what}_id"].name or ""
            names[what] = "" if plain(name) in double else name
        kept = self.source_id._columns()
        usable = {plain(name) for name in names.values()} - {""}
        for what, name in names.items():
            if self[f"column_{what}_id"] and not name:
                clash = plain(kept[what]) in usable
                names[what] = "" if clash else kept[what]
        required = all(names[what] for what in ("customer", "key", "type"))
        if required and names != kept:
            self.source_id.write({f"column_{what}": names[what] for what in COLUMNS})

    # === OUTCOME === #
    def _outcome(self, draft, lock):
        """Return what the import does.

        :param bool lock: keep other deliveries for these customers waiting
        """
        source = self.source_id._undisturbed()
        skipped = set(self.unknown_ids.filtered("skip").mapped("external_key"))
        outcome = Outcome(self._frame(draft), unread=draft.unread)
        partners = {line.external_key: line.partner_id.id for line in self.customer_ids}
        for problem in draft.groups.problems:
            text = CsvTexts(self.env).line(problem)
            partner = partners.get(problem.customer)
            outcome.add(problem_entry(problem, partner, text))
        groups = draft.groups.lines
        # In one order for all imports, so that two never wait for each other.
        keys = sorted(key for key in groups if key not in skipped)
        frames = [self._snapshot(key, groups[key]) for key in keys]
        good = [frame for frame in frames if not isinstance(frame, str)]
        elsewhere = draft.groups.keys_besides(skipped)
        plans = iter(source._plan_all(good, elsewhere, lock))
        for key, frame in zip(keys, frames, strict=True):
            plan = frame if isinstance(frame, str) else next(plans)
            outcome.plans.append((key, groups[key], plan))
            self._tell(outcome, key, groups[key], plan)
        for key in sorted(skipped & set(groups)):
            sum_ = outcome.sum_of(key)
            sum_.level = "skipped"
            sum_.message = self.env._("Skipped: its lines are left out.")
            for line in groups[key]:
                outcome.add(line_entry("skipped", line, None))
        self._warn(outcome)
        outcome.arrange()
        return outcome

    def _frame(self, draft):
        """Return what the outcome rests on besides the inventory."""
        types = sorted((line.name, line.type_id.id) for line in self.type_ids)
        places = sorted(self._places().items())
        content = hashlib.sha256(draft.content).hexdigest()
        return content, str(self.taken_at), self.complete, places, types

    def _snapshot(self, key, lines):
        """Return a customer's lines as a snapshot, or why they cannot be used."""
        try:
            return read_frame(
                {
                    "customer": key,
                    "taken_at": f"{self.taken_at.isoformat()}+00:00",
                    "complete": self.complete,
                    "computers": [line.values for line in lines],
                }
            )
        except SnapshotError as error:
            return Texts(self.env).frame(error)

    def _tell(self, outcome, key, lines, plan):
        """Note what happens to each computer of a customer."""
        sum_ = outcome.sum_of(key)
        if isinstance(plan, str):
            sum_.level, sum_.message = "refused", plan
            partner = self.customer_ids.filtered(lambda c: c.external_key == key)
            sum_.partner = partner.partner_id.id
            for line in lines:
                outcome.add(line_entry("rejected", line, sum_.partner, plan))
            return
        sum_.partner = plan.customer.partner_id.id
        if plan.first:
            sum_.message = self.env._("This export was imported before.")
            for line in lines:
                outcome.add(line_entry("unchanged", line, sum_.partner))
            return
        sum_.before = plan.changes.before
        for entry in self._entries(key, lines, plan):
            outcome.add(entry)

    def _entries(self, key, lines, plan):
        """Yield what a plan does to each computer, from the changes it found."""
        changes, day, partner = plan.changes, plan.scene.day, plan.scene.partner
        label = self._line_label(lines)
        kinds = changes.rejected and self.source_id._known_types_text()
        for row in changes.rejected:
            text = Texts(self.env).reason(row, kinds, label)
            yield line_entry("rejected", lines[row.index], partner, text)
        for known in changes.gone:
            last = changes.end[known.id]
            place = (key, known.partner, known.key, known.name, known.kind)
            yield Entry("ended", 0, *place, last)
        for new in changes.new:
            place = (key, partner, new.key, new.name or new.key, new.kind)
            yield Entry("added", lines[new.index].number, *place, day)
        for known, new in changes.seen:
            what = changes.news[new.index]
            owner, kind = changes.place.get(known.id, (known.partner, known.kind))
            place = (key, owner, known.key, new.name or known.name, kind)
            number = lines[new.index].number
            if what == "unchanged":
                yield Entry(what, number, *place)
                continue
            detail = self._change_text(what, known, new, owner, kind)
            since = None if what == "renamed" else day
            what = "added" if what == "back" else what
            yield Entry(what, number, *place, since, detail)

    def _line_label(self, lines):
        def label(index):
            return self.env._("line %(number)s", number=lines[index].number)

        return label

    def _warn(self, outcome):
        """Mark customers whose count changes doubtfully, as a bill run would hold."""
        company = self.company_id
        limits = (company.msp_jump_percent, company.msp_jump_minimum)
        moved = {entry.key for entry in outcome.entries if entry.what == "moved"}
        for key, _lines, plan in outcome.plans:
            if isinstance(plan, str) or plan.first:
                continue
            sum_, counts = outcome.sums[key], outcome.sums[key].counts
            away = sum(known.key in moved for known in plan.changes.kept)
            lost = counts["ended"] + away
            gained = counts["added"] + sum(
                news == "moved" for news in plan.changes.news.values()
            )
            what = jump(sum_.before, lost, gained, *limits)
            if what:
                count = lost if what == "lost" else gained
                sum_.level = "warning"
                sum_.message = self._jump_text(what, count, away, sum_.before)

    # === DOING === #
    def _apply(self, outcome, draft):
        """Do what the plans say; refused customers and lines are logged."""
        source = self.source_id._undisturbed()
        syncs = self.env["msp.source.sync"]
        more = {}
        for problem in draft.groups.problems:
            text = CsvTexts(self.env).line(problem)
            place = self.env._("Line %(number)s", number=problem.number)
            more.setdefault(problem.customer, []).append(f"{place}: {text}")
        plans, labels, others = [], [], []
        for key, lines, plan in outcome.plans:
            if isinstance(plan, str):
                self._log_refused(key, plan)
                continue
            plans.append(plan)
            labels.append(self._line_label(lines))
            others.append(more.pop(key, ()))
        for sync, _reasons in source._apply_all(plans, labels, others):
            syncs += sync
        for key, texts in more.items():
            self._log_refused(key, "\n".join(texts[:20]))
        return syncs

    def _log_refused(self, key, message):
        customer = self.source_id._mapped(key) if key else self.source_id.browse()
        vals = {"customer_key": key, "message": message, "complete": self.complete}
        vals["taken_at"] = self.taken_at
        if customer:
            vals["source_customer_id"] = customer.id
            vals["partner_id"] = customer.partner_id.id
        self.env["msp.source.sync"]._note_refusal(self.source_id, vals, {})
