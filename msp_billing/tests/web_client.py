from datetime import date

from lxml import etree

from odoo.tools.safe_eval import safe_eval

# What a page that is no view asks the server for.
PAGES = {
    "msp_billing_dashboard": [
        ("msp.dashboard", "get_data"),
        ("msp.dashboard", "get_leakage"),
    ],
}
X2MANY = ("one2many", "many2many")
# Buttons that open a screen; of core's models only those that we add.
OPENING = ("action_view_", "action_open_")
OUR_OPENING = ("action_msp_view_", "action_msp_open_")


class WebClient:
    """What the web client asks the server for when a user opens a screen.

    It reads the fields that the views name, as that user, lists below forms and what
    can be chosen in them included. What fails is kept in ``problems``; ``seen`` counts
    the records read by model, so that a test can tell that there was something to see.
    """

    def __init__(self, env):
        self.env = env
        self.problems = []
        self.seen = {}

    def menus(self, root):
        """Return (title, action) of the menus below a menu that the user sees."""
        menus = self.env["ir.ui.menu"].load_menus(False)
        found = []

        def descend(menu, path):
            title = f"{path} > {menu['name']}"
            if menu["action_id"] and not menu["children"]:
                found.append((title, self._action(menu["action_id"])))
            for child in menu["children"]:
                descend(menus[child], title)

        if root.id in menus:
            descend(menus[root.id], "")
        return found

    def open(self, title, action, depth=1):
        """Open a window action: its list, its filters, its forms and their buttons.

        Of a page of our own, which has no views, what it asks for.
        """
        if action.get("type") == "ir.actions.client":
            for model, method in PAGES[action["tag"]]:
                self._try(title, getattr(self.env[model], method))
            return
        context = self._evaluate(action.get("context") or {})
        Model = self.env[action["res_model"]].with_context(**context)
        views = action.get("views") or [
            (False, kind) for kind in action["view_mode"].split(",")
        ]
        archs = self._get_views(title, Model, views, action.get("search_view_id"))
        domain = self._evaluate(action.get("domain") or [])
        records = Model.browse(action.get("res_id"))
        if "list" in archs:
            records = self._read_list(title, Model, archs["list"], domain)
        if "search" in archs:
            self._use_filters(title, Model, archs["search"], domain)
        if "form" in archs:
            self._open_forms(f"{title}, form", Model, archs["form"], records, depth)

    def list_reader(self, title, action):
        """Return the call by which the list of an action reads its first page."""
        Model = self.env[action["res_model"]].with_context(
            **self._evaluate(action.get("context") or {})
        )
        views = [view for view in action.get("views") or () if view[1] == "list"]
        arch = self._get_views(title, Model, views or [(False, "list")])["list"]
        read = self._specification(Model, arch)
        domain = self._evaluate(action.get("domain") or [])
        order = arch.get("default_order")
        return lambda: Model.web_search_read(
            domain, read, limit=80, order=order, count_limit=10_001
        )

    # === PARTS OF A SCREEN === #
    def _action(self, action_id):
        kind = self.env["ir.actions.actions"].sudo().browse(action_id).type
        return self.env[kind].sudo().browse(action_id)._get_action_dict()

    def _evaluate(self, value):
        names = {
            "uid": self.env.uid,
            "active_id": False,
            "context_today": date.today,
            "allowed_company_ids": self.env.companies.ids,
        }
        return safe_eval(value, names) if isinstance(value, str) else value

    def _try(self, where, call):
        try:
            with self.env.cr.savepoint():
                return call()
        except Exception as error:  # noqa: BLE001 - the user would see any of them
            text = " ".join(str(error).split())
            self.problems.append(f"{where}: {type(error).__name__}: {text[:200]}")
            return None

    def _get_views(self, where, Model, views, search_view=None):
        search_id = search_view[0] if search_view else False
        views = [view for view in views if view[1] in ("list", "form", "kanban")]
        result = self._try(
            where,
            lambda: Model.get_views(
                [*views, (search_id, "search")], {"toolbar": True, "load_filters": True}
            ),
        )
        return {
            kind: etree.fromstring(view["arch"])
            for kind, view in (result or {"views": {}})["views"].items()
        }

    def _read_list(self, where, Model, arch, domain):
        specification = self._specification(Model, arch)
        self.env.invalidate_all()
        result = self._try(
            f"{where}, list",
            lambda: Model.web_search_read(domain, specification, limit=80),
        )
        ids = [record["id"] for record in (result or {"records": []})["records"]]
        self.seen[Model._name] = self.seen.get(Model._name, 0) + len(ids)
        return Model.browse(ids)

    def _use_filters(self, where, Model, arch, domain):
        for node in arch.iter("filter"):
            place = f"{where}, filter {node.get('name')}"
            extra = self._evaluate(node.get("domain") or "[]")
            if extra:
                self._try(place, lambda extra=extra: Model.search(extra + domain))
            group = self._evaluate(node.get("context") or "{}").get("group_by")
            field = Model._fields.get((group or "").split(":")[0])
            if group and field and field.type != "properties":
                if field.type in ("date", "datetime") and ":" not in group:
                    group += ":month"
                self._try(
                    place,
                    lambda group=group: Model.formatted_read_group(
                        domain, [group], ["__count"]
                    ),
                )

    def _open_forms(self, where, Model, arch, records, depth):
        specification = self._specification(Model, arch)
        for record in records[:5]:
            self.env.invalidate_all()
            self._try(where, lambda record=record: record.web_read(specification))
        if Model.has_access("create") and arch.get("create") not in ("0", "false"):
            self._try(f"{where}, new", lambda: Model.onchange({}, [], specification))
        self._choose_records(where, Model, arch)
        if depth and records:
            self._open_lines(where, arch, records[0], depth - 1)
            self._push_buttons(where, arch, records[0], depth - 1)

    def _choose_records(self, where, Model, arch):
        """Look for something to choose in each many2one that can be filled in."""
        for node in self._own_fields(arch):
            field = Model._fields[node.get("name")]
            readonly = node.get("readonly") in ("1", "True") or field.readonly
            if field.relational and field.type not in ("one2many",) and not readonly:
                self._try(
                    f"{where}, choose {field.name}",
                    lambda field=field: Model[field.name].name_search("", limit=8),
                )

    def _open_lines(self, where, arch, record, depth):
        """Open the first row of each list below a form, as a click on it does."""
        for node in self._own_fields(arch):
            field = record._fields[node.get("name")]
            if field.type != "one2many" or node.find("list") is None:
                continue
            if node.find("list").get("editable") or node.find("list").get("no_open"):
                continue
            place = f"{where}, {field.name}"
            line = self._try(place, lambda field=field: record[field.name][:1])
            if line:
                archs = self._get_views(place, line.browse(), [(False, "form")])
                self._open_forms(place, line.browse(), archs["form"], line, depth)

    def _push_buttons(self, where, arch, record, depth):
        for name in {node.get("name") for node in arch.iter("button")}:
            ours = record._name.startswith("msp.")
            if not (name or "").startswith(OPENING if ours else OUR_OPENING):
                continue
            place = f"{where}, {name}"
            action = self._try(place, getattr(record, name))
            if action and action.get("type") == "ir.actions.act_window":
                self.open(place, action, depth)

    # === SPECIFICATIONS === #
    def _own_fields(self, arch):
        """Return the field nodes of a view, without those of lists below it."""
        return [
            node
            for node in arch.iter("field")
            if next(node.iterancestors("field"), None) is None
        ]

    def _specification(self, Model, arch):
        specification = {}
        for node in self._own_fields(arch):
            field = Model._fields.get(node.get("name"))
            if field is None:
                self.problems.append(f"{Model._name} has no field {node.get('name')}")
            elif field.type in X2MANY:
                specification[field.name] = self._x2many(Model, field, node)
            elif field.type in ("many2one", "reference", "many2one_reference"):
                specification[field.name] = {"fields": {"display_name": {}}}
            else:
                specification[field.name] = {}
        return specification

    def _x2many(self, Model, field, node):
        sub_arch = node.find("list") if node.find("list") is not None else None
        if sub_arch is None:
            return {"fields": {"display_name": {}}, "limit": 40}
        sub_arch = etree.fromstring(etree.tostring(sub_arch))
        CoModel = self.env[field.comodel_name]
        return {"fields": self._specification(CoModel, sub_arch), "limit": 40}
