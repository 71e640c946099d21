"""The pages of the customer portal, asked for as a browser does, without a network."""

from collections.abc import Iterator

from dev import ui

from .watching import Query, asked

PORTAL = "base.group_portal"
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}


def measure(env, partner: int) -> Iterator[tuple[str, int, list[Query]]]:
    """Open each page of a customer; yield what it took.

    A page counts whole: who is signed in, his session and the frame around it too. So
    a page stands first that is Odoo's alone.
    """
    visitor = Visitor(env, _user(env, partner))
    domain = [("partner_id", "=", partner)]
    plan = env["msp.subscription"].search(domain, limit=1)
    bill = env["account.move"].search(
        [*domain, ("msp_run_id", "!=", False)], order="id desc", limit=1
    )
    for name, path in (
        ("Odoo's own account", "/my/account"),
        ("home", "/my"),
        ("bills", "/my/invoices"),
        ("a bill", f"/my/invoices/{bill.id}"),
        ("a bill's evidence", f"/my/invoices/{bill.id}/computers"),
        ("plans", "/my/plans"),
        ("a plan", f"/my/plans/{plan.id}"),
        ("computers", "/my/computers"),
    ):
        _page, queries = asked(env, lambda path=path: visitor.open(path))
        yield f"Portal: {name} (page)", 1, queries


def _user(env, partner: int):
    """Return a user of the portal who is a contact of the customer."""
    contact = env["res.partner"].create({"name": "Clerk", "parent_id": partner})
    user = env["res.users"].create(
        {
            "name": "Clerk",
            "login": "bench-clerk",
            "partner_id": contact.id,
            "company_id": env.company.id,
            "company_ids": [(6, 0, env.company.ids)],
            "group_ids": [(6, 0, env.ref(PORTAL).ids)],
        }
    )
    env.cr.commit()
    return user


class Visitor:
    """Somebody who is signed in; the server answers in this process."""

    def __init__(self, env, user):
        from werkzeug.test import Client

        from odoo import http
        from odoo.service.security import compute_session_token

        own = env(user=user)
        session = http.root.session_store.new()
        session.update(
            http.get_default_session(), db=env.cr.dbname, _trace_disable=True
        )
        session.uid, session.login = user.id, user.login
        session.session_token = compute_session_token(session, own)
        session.context = dict(own["res.users"].context_get())
        http.root.session_store.save(session)
        self.client = Client(http.root)
        self.client.set_cookie("session_id", session.sid, domain="localhost")

    def open(self, path: str) -> str:
        """Return the page; anything but a page is a failure."""
        answer = self.client.get(path, environ_overrides=HERE)
        if answer.status_code != 200:
            raise ui.Failure(f"{path} answers {answer.status}", "See the log")
        return answer.get_data(as_text=True)
