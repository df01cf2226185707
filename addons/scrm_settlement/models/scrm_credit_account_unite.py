from odoo import models


class ScrmCreditAccount(models.Model):
    # One concern a file.
    _inherit = "scrm.credit.account"  # pylint: disable=consider-merging-classes-inherited

    def _unite(self, dealer):
        """Let the credit of contacts that become one dealer stand on one account per company.

        The dealer's own account stays, with its limit, else the first one; the decisions on the
        others' credit move to it.

        :return: the accounts that stay
        """
        kept = self.browse()
        for accounts in self.grouped("company_id").values():
            own = accounts.filtered(lambda account: account.partner_id == dealer) or accounts[0]
            (accounts - own)._move_to(own, dealer)
            kept += own
        return kept

    def _move_to(self, account, dealer):
        for review in self.review_ids.filtered(lambda review: review.state == "pending"):
            # Approved later, it would overwrite a limit that nobody asked to change.
            review._move_along(
                "reject",
                decision_note=self.env._(
                    "The contact became part of %s, whose limit stays.", dealer.name
                ),
            )
        for hold_or_review in (self.hold_ids, self.review_ids):
            # No flow: it is the same decision, on the same dealer.
            models.BaseModel.write(hold_or_review, {"account_id": account.id})
        self.invalidate_recordset(["hold_ids", "review_ids"])
        self.unlink()

    def _follow_dealer(self, dealer):
        """Go with a contact that became part of a company, which is the dealer from now on."""
        for account in self._unite(dealer):
            if account.partner_id != dealer:
                account.message_post(
                    body=self.env._(
                        "%(contact)s became part of %(dealer)s, whose credit this is now.",
                        contact=account.partner_id.name,
                        dealer=dealer.name,
                    )
                )
                # No question of a person: the check of orders looks for the dealer's account.
                models.BaseModel.write(account, {"partner_id": dealer.id})
                account._mirror_core_limit()
