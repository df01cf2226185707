from odoo import api, models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    @api.model
    def _scrm_load_demo_terms(self, name):
        """Put the addon's Chinese in place before its demo data tells the story.

        Notices, timelines and logs are written in the language of who reads them or acts; Odoo
        itself loads an addon's terms only after its demo data.

        :param str name: the addon
        """
        self.env["res.lang"]._activate_lang("zh_CN")
        self._load_module_terms([name], ["zh_CN"])
