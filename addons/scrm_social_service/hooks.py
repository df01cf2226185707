"""What the bridge takes with it when it goes."""


def uninstall_hook(env):
    """Take WeChat out of the tickets' notices where another medium can tell the customer."""
    rules = (
        env["scrm.notice.rule"]
        .with_context(active_test=False)
        .search([("model_name", "=", "scrm.service.ticket")])
    )
    wechat = rules.medium_ids.filtered(lambda line: line.medium == "wechat")
    wechat.filtered(lambda line: line.rule_id.medium_ids != line).unlink()
