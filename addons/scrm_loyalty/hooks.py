def post_init_hook(env):
    """Open the ledger for the cards that exist already, and make their owners members."""
    cards = env["loyalty.card"].with_context(active_test=False).search([])
    cards._scrm_reconcile(env._("Opening balance"))
    cards.filtered("active")._scrm_join()
    # The points of the past, in everybody's figures.
    env.ref("scrm_base.ir_cron_refresh_all_customers")._trigger()
