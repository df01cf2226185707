from odoo import models

from ..tools.append_only import kept


class IrModelFields(models.Model):
    _inherit = "ir.model.fields"

    def _drop_column(self):
        """Protect the tables that only grow again, when an addon or a field of theirs goes."""
        tables = {self.env[name]._table for name in self.mapped("model") if name in self.env}
        with kept(self.env.cr, tables):
            return super()._drop_column()
