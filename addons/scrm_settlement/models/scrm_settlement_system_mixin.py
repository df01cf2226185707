from odoo import api, models
from odoo.exceptions import UserError


class ScrmSettlementSystemMixin(models.AbstractModel):
    """A record some of whose fields the system alone writes, whatever its users may write.

    ``readonly`` binds the screens only; over RPC every field of a writable record is open.
    """

    _name = "scrm.settlement.system.mixin"
    _description = "Record with Fields of the System"

    _system_fields: frozenset[str] = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        names = set().union(*vals_list)
        # A default of the context is a value like any other
        defaults = {name for name in self._system_fields if f"default_{name}" in self.env.context}
        self._refuse_system_fields(names | defaults)
        return super().create(vals_list)

    def write(self, vals):
        # The flow mixin decides who writes the state, and what comes with it.
        if getattr(self, "_flow_field", None) not in vals:
            self._refuse_system_fields(vals.keys())
        return super().write(vals)

    @api.model
    def _refuse_system_fields(self, names):
        refused = self._system_fields & set(names)
        if refused and not self.env.su:
            raise UserError(
                self.env._(
                    "%(fields)s of “%(model)s” cannot be written by hand. Use the buttons of the "
                    "record.",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env) for name in sorted(refused)
                    ),
                    model=self._description,
                )
            )
