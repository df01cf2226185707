"""What a social account knows about an openid."""

from datetime import timedelta

from odoo import fields, models

from ..providers.base import ReplyWindow


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"

    channel_id = fields.Many2one(
        "scrm.channel",
        "Channel Account",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The account through which this person came.",
    )
    follow_state = fields.Selection(
        [("followed", "Following"), ("unfollowed", "No longer following")], readonly=True
    )
    follow_changed_at = fields.Datetime("Following Since", readonly=True)
    reply_until = fields.Datetime(
        "Answer Until", readonly=True, help="The platform accepts answers until then."
    )
    reply_quota = fields.Integer("Answers Allowed", readonly=True)
    reply_used = fields.Integer("Answers Sent", readonly=True)

    def _open_reply_window(self, window: ReplyWindow, occurred_at) -> None:
        """Note that the person did something that allows answers.

        A message opens its window anew. A short one (after a click) counts only when nothing
        better is open: it must not shorten the 48 hours of a message.
        """
        self.ensure_one()
        until = occurred_at + timedelta(seconds=window.seconds)
        still_open = (
            self.reply_until
            and self.reply_until > fields.Datetime.now()
            and self.reply_used < self.reply_quota
        )
        if self.reply_until and until <= self.reply_until and still_open:
            return
        self.write({"reply_until": until, "reply_quota": window.quota, "reply_used": 0})

    def _note_following(self, state: str, occurred_at) -> None:
        """Note that the person follows the account or left it; an older event changes nothing."""
        self.ensure_one()
        if self.follow_changed_at and self.follow_changed_at > occurred_at:
            return
        if self.follow_state != state:
            self.write({"follow_state": state, "follow_changed_at": occurred_at})
