"""Odoo's external API, as another program of the company would use it."""

import xmlrpc.client


class Rpc:
    """A session of one user.

    :param url: the server's address
    :param login, password: the user's
    """

    def __init__(self, url: str, database: str, login: str, password: str):
        self.database, self.password = database, password
        self.uid = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common").authenticate(
            database, login, password, {}
        )
        if not self.uid:
            raise AssertionError(f"{login} cannot log in")
        self.models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)

    def call(self, model: str, method: str, *args, **kwargs):
        return self.models.execute_kw(
            self.database, self.uid, self.password, model, method, list(args), kwargs
        )

    def read(self, model: str, domain: list, fields: list[str], **kwargs) -> list[dict]:
        """Return the records of a domain, oldest first unless told otherwise."""
        kwargs.setdefault("order", "id")
        return self.call(model, "search_read", domain, fields, **kwargs)

    def one(self, model: str, domain: list, fields: list[str]) -> dict:
        """Return the only record of a domain."""
        found = self.read(model, domain, fields, limit=2)
        assert len(found) == 1, f"{model} {domain}: {found}"
        return found[0]

    def ref(self, xmlid: str) -> int:
        """Return the id behind an XML id."""
        module, name = xmlid.split(".")
        return self.one(
            "ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"]
        )["res_id"]
