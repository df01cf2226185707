"""What the addon leaves behind when it goes."""


def uninstall_hook(env):
    """Make room for what remains: notices by another medium, no chats of a type nobody knows."""
    env.flush_all()
    # A rule without a medium that remains is told by e-mail.
    env["scrm.notice.medium"].search([("medium", "=", "wechat")]).unlink()
    env["scrm.notice.rule"].with_context(active_test=False).search(
        [("medium_ids", "=", False)]
    ).medium = "email"
    env.flush_all()
    env.invalidate_all()
    env["scrm.conversation"].search([]).unlink()
    env["discuss.channel"].with_context(active_test=False).search(
        [("channel_type", "=", "scrm")]
    ).unlink()
