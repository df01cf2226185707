from odoo import api, fields, models


class ScrmServiceStructureMixin(models.AbstractModel):
    """A part of a template's structure: changed only while the template is a draft."""

    _name = "scrm.service.structure.mixin"
    _description = "Part of a Service Template"

    #: What tickets in work rely on; the other fields may change at any time.
    _structure_fields: frozenset[str] = frozenset({"template_id"})

    template_id = fields.Many2one(
        comodel_name="scrm.service.template",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="template_id.company_id", store=True)

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.template_id._check_structure_open()
        return parts

    def write(self, vals):
        if self._structure_fields & vals.keys():
            self.template_id._check_structure_open()
        result = super().write(vals)
        if "template_id" in vals:
            self.template_id._check_structure_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        self.template_id._check_structure_open()
