"""What the addon leaves behind when it goes."""

from odoo.tools import SQL


def uninstall_hook(env):
    """Make room for what remains: notices by another medium, no chats of a type nobody knows."""
    env.flush_all()
    env.execute_query(
        SQL(
            """
            UPDATE scrm_notice_rule
               SET medium = CASE WHEN medium = 'wechat'
                                 THEN COALESCE(NULLIF(fallback_medium, 'wechat'), 'email')
                                 ELSE medium END,
                   fallback_medium = NULL
             WHERE 'wechat' IN (medium, fallback_medium)
         RETURNING id
            """
        )
    )
    env.invalidate_all()
    env["scrm.conversation"].search([]).unlink()
    env["discuss.channel"].with_context(active_test=False).search(
        [("channel_type", "=", "scrm")]
    ).unlink()
