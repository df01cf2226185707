from .tools import append_only


def post_init_hook(env):
    """Learn the hotlines, then make the customers of past business with their timelines."""
    env["scrm.identity.block"]._learn()
    env["res.partner"]._scrm_backfill_customers()
    env["scrm.interaction"]._backfill()


def uninstall_hook(env):
    """Take the triggers' function away, which no table owns; the tables go by themselves.

    They go whole, so nothing in them need be deleted row by row: the pool could not be, as long
    as companies and customers point to it.
    """
    append_only.release(env.cr)
    env["ir.model.data"].search(
        [("module", "=", "scrm_base"), ("model", "=like", "scrm.%")]
    ).unlink()
