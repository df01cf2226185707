from odoo import api, fields, models
from odoo.fields import Domain


class ScrmSettlementStatement(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    import_ids = fields.One2many(
        comodel_name="scrm.settlement.import", inverse_name="statement_id", readonly=True
    )
    import_count = fields.Integer(string="Reconciliations", compute="_compute_import_count")
    import_difference = fields.Monetary(
        string="Dealer's File − Ours",
        compute="_compute_import_count",
        help="What the dealer's own list asks for more than we do.",
    )

    @api.depends("import_ids.state")
    def _compute_import_count(self):
        found = self._get_imports()
        for statement in self:
            # sudo: as in _get_imports
            imports = found.sudo().filtered_domain(statement._get_import_domain())
            statement.import_count = len(imports)
            statement.import_difference = sum(imports.mapped("amount_difference"))

    def action_open_imports(self):
        """Open the reconciliations of this statement, or begin one where one may."""
        self.ensure_one()
        imports = self._get_imports()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_import_action"
        )
        action["domain"] = [("id", "in", imports.ids)]
        action["context"] = {"default_statement_id": self.id}
        if len(imports) == 1 or (not imports and imports.has_access("create")):
            action["views"] = [(False, "form")]
            action["res_id"] = imports.id
        return action

    def _is_reconcilable(self):
        """Tell whether a list of the dealer has something to be compared with here."""
        self.ensure_one()
        # What a reversed one settled is settled again by the next revision
        return self.state != "reversed"

    def _get_imports(self):
        """Return the dealers' files about these statements, or about their periods as a whole."""
        # sudo: whoever submits is held up by files he cannot read; they show numbers alone
        Import_sudo = self.env["scrm.settlement.import"].sudo()
        domain = Domain.OR(statement._get_import_domain() for statement in self)
        return Import_sudo.search(domain).sudo(self.env.su)

    def _get_waived(self):
        """Return those with a dealer's file whose differences were waived."""
        # sudo: as in _get_imports
        files = self._get_imports().sudo().filtered(lambda record: record.state == "waived")
        return self.filtered(lambda s: files.filtered_domain(s._get_import_domain()))

    def _get_import_domain(self):
        self.ensure_one()
        if not self.id:
            return Domain.FALSE
        about_period = Domain(
            [
                ("statement_id", "=", False),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("date_from", "<=", self.date_to),
                ("date_to", ">=", self.date_from),
            ]
        )
        if self.document_mode == "customer_invoice":
            about_period = Domain.FALSE
        return (Domain("statement_id", "=", self.id) | about_period) & Domain(
            "state", "!=", "cancel"
        )

    def _get_submit_obstacles(self):
        obstacles = super()._get_submit_obstacles()
        for record in self._get_imports().sudo():  # sudo: as in _get_imports
            if record.state in ("draft", "reading"):
                obstacles.append(
                    self.env._(
                        "the dealer's file “%(file)s” is not compared yet: compare or discard it",
                        file=record.name,
                    )
                )
            elif record.state == "compared" and record.unresolved_count:
                obstacles.append(
                    self.env._(
                        "%(count)s rows of the dealer's file “%(file)s” are unresolved: match "
                        "them, or have a reviewer waive them",
                        count=record.unresolved_count,
                        file=record.name,
                    )
                )
            elif record.state == "waived" and record.waiver_id == self.env.user:
                obstacles.append(
                    self.env._(
                        "you waived the differences of “%(file)s”: somebody else submits",
                        file=record.name,
                    )
                )
        return obstacles

    def _flow_after(self, transition):
        if transition.key == "submit":
            # sudo: noted by the system; the database refuses whoever waived the differences
            files = self._get_imports()
            files.sudo().write(files._prepare_worker_vals())
        return super()._flow_after(transition)
