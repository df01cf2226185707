"""Access tokens, shared by all workers."""

from odoo import fields, models

# Seconds before its end at which a token counts as run out, so that no call races its end.
SAFETY_MARGIN = 300


class ScrmChannelToken(models.Model):
    """The current access token of an account: many processes need the same one."""

    _name = "scrm.channel.token"
    _description = "Channel Access Token"
    _log_access = False

    channel_id = fields.Many2one("scrm.channel", required=True, ondelete="cascade")
    kind = fields.Char(required=True, default="access")
    value = fields.Char(groups="base.group_system")
    expires_at = fields.Datetime()
    refresh_count = fields.Integer(required=True, default=0)

    _kind_uniq = models.Constraint(
        "UNIQUE (channel_id, kind)", "An account has one token of each kind."
    )

    def _lock_token(self, cr, channel_id: int, kind: str = "access") -> tuple[str, bool]:
        """Lock the account's token row; return its value and whether it may be used still."""
        cr.execute(
            """
            INSERT INTO scrm_channel_token (channel_id, kind, refresh_count)
                 VALUES (%s, %s, 0)
            ON CONFLICT (channel_id, kind) DO NOTHING
            """,
            (channel_id, kind),
        )
        cr.execute(
            """
            SELECT value,
                   expires_at > (clock_timestamp() AT TIME ZONE 'UTC') + make_interval(secs => %s)
              FROM scrm_channel_token
             WHERE channel_id = %s AND kind = %s
               FOR UPDATE
            """,
            (SAFETY_MARGIN, channel_id, kind),
        )
        value, valid = cr.fetchone()
        return value or "", bool(value and valid)

    def _store_token(
        self, cr, channel_id: int, value: str, seconds: int, kind: str = "access"
    ) -> None:
        """Write a fetched token into the row that ``_lock_token`` locked."""
        cr.execute(
            """
            UPDATE scrm_channel_token
               SET value = %s,
                   expires_at = (clock_timestamp() AT TIME ZONE 'UTC')
                                + make_interval(secs => %s),
                   refresh_count = refresh_count + 1
             WHERE channel_id = %s AND kind = %s
            """,
            (value, seconds, channel_id, kind),
        )
        self.invalidate_model()


class ChannelTokenStore:
    """The access token of one channel, in the database, one refresh for all workers."""

    def __init__(self, channel):
        self._channel = channel

    def get(self) -> str:
        return self._channel._get_access_token()

    def renew(self, rejected: str) -> str:
        return self._channel._get_access_token(rejected=rejected)
