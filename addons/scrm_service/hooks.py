def uninstall_hook(env):
    """Take away the companies' ticket numbers, which were made without external ids."""
    sequences = env["ir.sequence"].with_context(active_test=False)
    sequences.search([("code", "=", "scrm.service.ticket")]).unlink()
