from odoo.tools import SQL

from .tools import append_only


def post_init_hook(env):
    """Learn the hotlines, then make the customers of past business with their timelines."""
    env["scrm.lifecycle.rule"]._create_defaults(env["res.company"].search([]))
    env["scrm.identity.block"]._learn()
    env["res.partner"]._scrm_backfill_customers()
    env["scrm.interaction"]._backfill()
    # Figures and cut points of the past, as soon as a server runs.
    env.ref("scrm_base.ir_cron_refresh_all_customers")._trigger()


def uninstall_hook(env):
    """Take the triggers' function away, which no table owns; the tables go by themselves.

    They go whole, so nothing in them need be deleted row by row: the pool could not be, as long
    as companies and customers point to it.
    """
    append_only.release(env.cr)
    # Core's table keeps no row that only served to find ours.
    env.flush_all()
    env.execute_query(
        SQL(
            "DELETE FROM sms_tracker WHERE mail_notification_id IS NULL AND sms_uuid IN ("
            " SELECT external_ref FROM scrm_outbox WHERE medium = 'sms') RETURNING id"
        )
    )
    env["ir.config_parameter"].search([("key", "=", "scrm_base.suppression_salt")]).unlink()
    env["ir.model.data"].search(
        [("module", "=", "scrm_base"), ("model", "=like", "scrm.%")]
    ).unlink()
