from odoo import api, models
from odoo.exceptions import AccessError


class ScrmSystemMixin(models.AbstractModel):
    """A record with fields that the system alone writes, whatever its users may write.

    ``readonly`` binds the screens alone; over RPC every field of a writable record is open, and a
    stored computed one too: a company that follows from a parent would move a record out of its
    company's sight.
    """

    _name = "scrm.system.mixin"
    _description = "Record with Fields of the System"

    #: Shown only and not computed; a flow writes them together with its state, or sudo does.
    _system_fields: frozenset[str] = frozenset()

    @api.model
    def _is_derived(self, name):
        field = self._fields.get(name)
        return bool(field and field.store and field.readonly and (field.compute or field.related))

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        # A default of the context is a value like any other
        prefix = "default_"
        defaults = {key.removeprefix(prefix) for key in self.env.context if key.startswith(prefix)}
        given = defaults.union(*vals_list)
        self._refuse_system_fields(self._system_fields & given)
        # What is derived comes with lists that are imported again, and has no say.
        derived = {name for name in given if self._is_derived(name)}
        context = {
            key: value
            for key, value in self.env.context.items()
            if not (key.startswith(prefix) and key.removeprefix(prefix) in derived)
        }
        return super(ScrmSystemMixin, self.with_env(self.env(context=context))).create(
            [
                {name: value for name, value in vals.items() if name not in derived}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        if not self.env.su:
            guarded = {name for name in vals if self._is_derived(name)}
            # what comes with a step was checked by the flow, see scrm.flow.mixin
            if getattr(self, "_flow_field", None) not in vals:
                guarded |= self._system_fields & vals.keys()
            self._refuse_system_fields(n for n in guarded if self._would_change(n, vals[n]))
        return super().write(vals)

    def _would_change(self, name, value):
        """Tell whether a value is another one than what is there; screens send what they show."""
        field = self._fields[name]
        return any(
            field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)
            for record in self
        )

    @api.model
    def _refuse_system_fields(self, names):
        name = min(names, default=None)
        if name:
            raise AccessError(
                self.env._(
                    "“%(field)s” of “%(model)s” is written by the system alone. It follows from "
                    "the record's other fields and steps: change those.",
                    field=self._fields[name]._description_string(self.env),
                    model=self._description,
                )
            )
