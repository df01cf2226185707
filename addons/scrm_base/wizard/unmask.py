from odoo import Command, api, fields, models
from odoo.exceptions import AccessError


class ScrmUnmask(models.TransientModel):
    """Handles of one customer in full, for who clicked; opening it is what is logged."""

    _name = "scrm.unmask"
    _description = "Handles in Full"

    line_ids = fields.One2many(
        comodel_name="scrm.unmask.line", inverse_name="unmask_id", string="Handles", readonly=True
    )

    @api.model
    def _open(self, identities, reason=None):
        """Log who looks, and return the dialog.

        :param identities: scrm.identity of one customer
        :param str reason: why, if they say so
        """
        if not self.env.user.has_groups(
            "scrm_base.group_scrm_base_operator,scrm_base.group_scrm_base_privacy"
        ):
            raise AccessError(
                self.env._("Handles are shown in full to operators of Social CRM only.")
            )
        identities.check_access("read")
        # A contact is no handle to hide: it is shown by its name, to whoever may see it.
        identities = identities.filtered(lambda i: i.id_type != "partner") or identities
        identities.customer_id.ensure_one()
        # sudo: nobody has the right to write the log; the right to look was checked above
        self.env["scrm.unmask.log"].sudo().create(
            {
                "identity_id": identities[0].id,
                "handles": ", ".join(identities.mapped("display_value")),
                "reason": reason,
                "user_id": self.env.uid,
                "company_id": self.env.company.id,
            }
        )
        # sudo: the dialog is made by the system alone, so that none is opened without its log
        dialog = self.sudo().create(
            {"line_ids": [Command.create({"identity_id": id_}) for id_ in identities.ids]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Handles in Full"),
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }
