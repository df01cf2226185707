from odoo.tools import SQL


def uninstall_hook(env):
    """Empty the journal and what points at it, so that everything else can be removed in order.

    The tables go anyway; their rows refuse to be deleted one by one, and keep rules, scenarios
    and products from going. TRUNCATE fires no row trigger.
    """
    env.cr.execute(
        SQL(
            "TRUNCATE scrm_settlement_line, scrm_settlement_statement, scrm_settlement_rule CASCADE"
        )
    )
    env.cr.execute(
        SQL("TRUNCATE scrm_credit_hold, scrm_credit_review, scrm_credit_account CASCADE")
    )
    env.cr.execute(SQL("DROP FUNCTION IF EXISTS scrm_settlement_line_price_once() CASCADE"))
    env.invalidate_all(flush=False)
