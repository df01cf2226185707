from odoo import api, models
from odoo.tools import SQL


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """End quotas that would overlap those of the surviving contact, and only these.

        Core repoints a table in one statement; where that violates a constraint it deletes all
        rows of the contacts that go.
        """
        self.env["scrm.allocation.quota"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM scrm_allocation_quota q
                 USING scrm_allocation_quota other
                 WHERE q.partner_id IN %(sources)s
                   AND other.id != q.id
                   AND other.policy_id = q.policy_id
                   AND daterange(other.date_from, other.date_to, '[]')
                       && daterange(q.date_from, q.date_to, '[]')
                   AND (other.partner_id = %(target)s
                        OR other.partner_id IN %(sources)s AND other.id < q.id)
                """,
                sources=tuple(src_partners.ids) or (0,),
                target=dst_partner.id,
            )
        )
        self.env["scrm.allocation.quota"].invalidate_model()
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _scrm_get_prepared_tables(self):
        return super()._scrm_get_prepared_tables() | {"scrm_allocation_quota"}
