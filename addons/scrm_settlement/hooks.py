from odoo.tools import SQL


def uninstall_hook(env):
    """Empty the journal and what points at it, so that everything else can be removed in order.

    The tables go anyway; their rows refuse to be deleted one by one, and keep rules, scenarios
    and products from going. TRUNCATE fires no row trigger.
    """
    tables = (
        "scrm_settlement_line, scrm_settlement_statement, scrm_settlement_rule",
        "scrm_settlement_adjustment, scrm_settlement_exception",
        "scrm_credit_hold, scrm_credit_review, scrm_credit_account",
        "scrm_allocation_run, scrm_shipment_event",
    )
    env.cr.execute(SQL("TRUNCATE %s CASCADE", SQL(", ".join(tables))))
    env.cr.execute(SQL("DROP FUNCTION IF EXISTS scrm_settlement_line_price_once() CASCADE"))
    env.invalidate_all(flush=False)
    # Odoo keeps a value for each product that was ever made; that of ours goes with it.
    product = env.ref("scrm_settlement.product_settlement", raise_if_not_found=False)
    env["product.value"].search([("product_id", "in", product.ids if product else [])]).unlink()
    # That a level has a chatter is noted for each addon that extends chatters, so it would stay.
    env["ir.model.inherit"].search(
        [("model_id.model", "=", "res.partner.grade"), ("parent_id.model", "=", "mail.thread")]
    ).unlink()
    env.cr.execute("UPDATE ir_model SET is_mail_thread = FALSE WHERE model = 'res.partner.grade'")
