"""Who forges fields over RPC: the test kit's part for the access tests of every addon."""

import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tools import mute_logger

_VALUES = {
    "char": "forged",
    "text": "forged",
    "integer": 77,
    "float": 77.0,
    "monetary": 77.0,
    "date": "2031-01-01",
    "datetime": "2031-01-01 00:00:00",
    "json": {"a": 1},
    "many2one_reference": 77,
    "many2many": [Command.clear()],
    "binary": "eA==",
    "html": "<p>forged</p>",
}


class ForgingMixin:
    """Tries, as a user, to write what the screens only show."""

    def _call_as(self, user, record, method, *args, **context):
        """Call a public method as the user's client would, in the user's companies."""
        model = record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        ids = [record.ids] if record else []
        return call_kw(model, method, [*ids, *args], {"context": {**model.env.context, **context}})

    @mute_logger("odoo.sql_db")
    def _get_forgeable(self, record, user):
        """Return the names of the fields that are shown only and that the user can write."""
        return [
            field.name
            for field in self._get_shown_fields(record)
            if not self._is_refused(record, user, {field.name: self._forge(record, field)})
        ]

    def _get_shown_fields(self, model):
        """Return the stored fields that the screens only show."""
        return [
            field
            for field in model._fields.values()
            if field.store
            and field.readonly
            and field.type != "one2many"
            and field.name not in {"id", *models.LOG_ACCESS_COLUMNS}
            and not field.name.startswith(("message_", "activity_"))
        ]

    def _is_refused(self, record, user, vals):
        """Tell whether the rights, the model or the database refuse what a user writes."""
        try:
            with self.env.cr.savepoint():
                self._call_as(user, record, "write", vals)
                self.env.flush_all()
        except (UserError, psycopg2.Error):
            return True
        finally:
            self.env.invalidate_all()
        return False

    def _forge(self, record, field):
        if field.type == "selection":
            values = field.get_values(self.env)
            return next((value for value in values if value != record[field.name]), "x")
        if field.type == "boolean":
            return not record[field.name]
        if field.type == "many2one":
            # sudo: what the forger may not see has a number all the same
            comodel = self.env[field.comodel_name].sudo()
            return (
                comodel.search([("id", "!=", record[field.name].id)], order="id desc", limit=1).id
                or 987654321
            )
        return _VALUES[field.type]
