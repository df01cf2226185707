from odoo import api, models
from odoo.exceptions import AccessError


class ScrmSystemMixin(models.AbstractModel):
    """A record with fields that the system alone writes.

    ``readonly`` binds the screens alone, and a stored computed field can be overwritten over RPC:
    a company that follows from a parent would move a record out of its company's sight.
    """

    _name = "scrm.system.mixin"
    _description = "Record with Fields of the System"

    #: Shown only and not computed; a flow writes them together with its state, or sudo does.
    _system_fields = frozenset()

    @api.model
    def _is_derived(self, name):
        field = self._fields.get(name)
        return bool(field and field.store and field.readonly and (field.compute or field.related))

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        # Neither values nor defaults of the context have a say in what is derived.
        context = {
            key: value
            for key, value in self.env.context.items()
            if not (key.startswith("default_") and self._is_derived(key[len("default_") :]))
        }
        return super(ScrmSystemMixin, self.with_env(self.env(context=context))).create(
            [
                {name: value for name, value in vals.items() if not self._is_derived(name)}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        refused = [name for name in vals if self._is_derived(name)]
        # what comes with a step was checked by the flow, see scrm.flow.mixin
        if getattr(self, "_flow_field", None) not in vals:
            refused += self._system_fields & vals.keys()
        if refused and not self.env.su:
            raise AccessError(
                self.env._(
                    "“%(field)s” of “%(model)s” is written by the system alone. It follows from "
                    "the record's other fields and steps: change those.",
                    field=self._fields[refused[0]]._description_string(self.env),
                    model=self._description,
                )
            )
        return super().write(vals)
