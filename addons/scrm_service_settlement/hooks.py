from odoo.tools import SQL


def uninstall_hook(env):
    """Empty the claims, which refuse to be deleted one by one and keep tickets from going."""
    env.cr.execute(SQL("TRUNCATE scrm_service_claim CASCADE"))
    env.invalidate_all(flush=False)
