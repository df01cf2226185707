from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let the credit of contacts that become one stand on one account per company.

        Core would fail on the second account of a dealer. The kept contact's limit stays; the
        decisions on the others' credit move to it.
        """
        # sudo: who may merge contacts is core's decision
        Account_sudo = self.env["scrm.credit.account"].sudo()
        for company, accounts in (
            Account_sudo.search([("partner_id", "in", (src_partners | dst_partner).ids)])
            .grouped("company_id")
            .items()
        ):
            kept = (
                accounts.filtered(lambda a, c=company: a.partner_id == dst_partner) or accounts[0]
            )
            gone = accounts - kept
            for review in gone.review_ids.filtered(lambda review: review.state == "pending"):
                # Approved later, it would overwrite a limit that nobody asked to change.
                review._move_along(
                    "reject",
                    decision_note=self.env._(
                        "The contact became part of %s, whose limit stays.", dst_partner.name
                    ),
                )
            for hold_or_review in (gone.hold_ids, gone.review_ids):
                # No flow: it is the same decision, on the same dealer.
                models.BaseModel.write(hold_or_review, {"account_id": kept.id})
            gone.invalidate_recordset(["hold_ids", "review_ids"])
            gone.unlink()
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _scrm_get_prepared_tables(self):
        return super()._scrm_get_prepared_tables() | {"scrm_credit_account"}
