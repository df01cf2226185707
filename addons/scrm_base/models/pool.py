from odoo import api, fields, models


class ScrmPool(models.Model):
    """Companies that recognise customers together: a reason of its own is that no company field
    can say that two companies know the same person by the same phone number."""

    _name = "scrm.pool"
    _description = "Recognition Pool"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    company_ids = fields.One2many(
        comodel_name="res.company",
        inverse_name="scrm_pool_id",
        string="Companies",
    )

    @api.model
    def _get_default(self):
        """Return the pool of companies that nobody assigned; it exists from the first moment.

        The column of res.company is filled before any data file is read, hence no XML record.
        """
        pool = self.env.ref("scrm_base.pool_default", raise_if_not_found=False)
        if not pool:
            # sudo: a company may be created by somebody who does not manage pools.
            pool = self.sudo()._load_records(
                [
                    {
                        "xml_id": "scrm_base.pool_default",
                        "values": {"name": "Default"},
                        "noupdate": True,
                    }
                ]
            )
        return pool

    def _get_scope(self):
        """Return the scope of handles that this pool shares: phone, e-mail, card, partner."""
        self.ensure_one()
        return f"pool:{self.id}"
