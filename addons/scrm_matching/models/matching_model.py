from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

from ..tools.calibration import NEEDED

_lt = LazyTranslate(__name__)

MANAGER = "scrm_base.group_scrm_base_manager"


class ScrmMatchingModel(models.Model):
    """What a recognition pool's own customers taught about how one person's cards differ.

    Not a setting of the pool: it is learned, replaced and switched on, and keeps its figures.
    """

    _name = "scrm.matching.model"
    _inherit = "scrm.flow.mixin"
    _description = "Matching Model"
    _rec_name = "pool_id"
    _order = "pool_id, id"

    _flow_transitions = (
        Transition("suggest", "draft", "active", _lt("Suggest Pairs"), (MANAGER,)),
        Transition("automate", "active", "automatic", _lt("Accept the Surest"), (MANAGER,)),
        Transition("review", "automatic", "active", _lt("Back to Review"), (MANAGER,)),
        Transition("stop", ("active", "automatic"), "draft", _lt("Switch Off"), (MANAGER,)),
    )

    pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        string="Recognition Pool",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company.scrm_pool_id,
    )
    state = fields.Selection(
        selection=[
            ("draft", "Off"),
            ("active", "Suggests Pairs"),
            ("automatic", "Accepts the Surest"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )
    review_threshold = fields.Float(
        string="Suggest From",
        digits=(6, 4),
        default=0.5,
        required=True,
        help="Pairs that are at least so probably one customer are put before a person.",
    )
    automatic_threshold = fields.Float(
        string="Accept From",
        digits=(6, 4),
        default=0.999,
        required=True,
        help="When the surest pairs are accepted without a person: from this probability on.",
    )
    sample_limit = fields.Integer(
        string="Largest Sample",
        default=100_000,
        required=True,
        help="So many contacts at most are learned from; more cost much time and teach little.",
    )
    trained_at = fields.Datetime(string="Trained On", readonly=True)
    sample_size = fields.Integer(string="Learned From", readonly=True)
    parameters = fields.Json(readonly=True, groups="base.group_system")
    level_ids = fields.One2many(
        comodel_name="scrm.matching.level",
        inverse_name="matching_model_id",
        string="What It Has Learned",
        readonly=True,
    )
    calibration_ids = fields.One2many(
        comodel_name="scrm.matching.calibration",
        inverse_name="matching_model_id",
        string="What Reviews Say",
        readonly=True,
    )
    training_job_uuid = fields.Char(readonly=True)
    training_status = fields.Char(string="Training", compute="_compute_training_status")
    customer_count = fields.Integer(string="Customers", compute="_compute_counts")
    waiting_count = fields.Integer(string="To Compare", compute="_compute_counts")
    progress = fields.Integer(string="Compared", compute="_compute_counts")
    candidate_count = fields.Integer(string="To Review", compute="_compute_candidate_counts")
    reviewed_count = fields.Integer(string="Reviewed", compute="_compute_candidate_counts")

    _pool_uniq = models.Constraint("UNIQUE (pool_id)", "A recognition pool has one matching model.")
    _review_threshold_range = models.Constraint(
        "CHECK (review_threshold >= 0.5 AND review_threshold <= 1)",
        "Suggest from a probability between 0.5 and 1: what is less likely than not wastes the"
        " reviewers' time.",
    )
    _automatic_threshold_range = models.Constraint(
        "CHECK (automatic_threshold >= review_threshold AND automatic_threshold <= 1)",
        "Accept from a probability that is not below the one from which pairs are suggested, and"
        " at most 1.",
    )
    _sample_limit_range = models.Constraint(
        "CHECK (sample_limit BETWEEN 1000 AND 100000)",
        "The largest sample lies between 1,000 and 100,000 contacts.",
    )

    @api.depends("training_job_uuid", "trained_at")
    def _compute_training_status(self):
        # sudo: the queue is the administrator's; its state is told in a word.
        jobs = {
            job.uuid: job
            for job in self.env["queue.job"]
            .sudo()
            .search([("uuid", "in", [uuid for uuid in self.mapped("training_job_uuid") if uuid])])
        }
        for record in self:
            record.training_status = record._get_training_status(jobs.get(record.training_job_uuid))

    def _get_training_status(self, job):
        state = job.state if job else None
        if state in ("wait_dependencies", "pending", "enqueued"):
            return self.env._("Waiting for its turn since %s", job.date_created)
        if state == "started":
            return self.env._("Running since %s", job.date_started)
        if state == "failed":
            return self.env._("Failed: %s", job.exc_message or "")
        if self.trained_at:
            return self.env._("Done")
        return self.env._("Not trained yet")

    def _compute_counts(self):
        rows = dict(
            (pool_id, (customers, waiting, total))
            for pool_id, customers, waiting, total in self.env.execute_query(
                SQL(
                    """
                    SELECT p.id,
                           (SELECT count(*) FROM scrm_customer c
                             WHERE c.pool_id = p.id AND c.active),
                           count(r.id) FILTER (WHERE r.is_due), count(r.id)
                      FROM scrm_pool p LEFT JOIN scrm_matching_row r ON r.pool_id = p.id
                     WHERE p.id = ANY(%s)
                     GROUP BY p.id
                    """,
                    self.pool_id.ids,
                )
            )
        )
        for record in self:
            customers, waiting, total = rows.get(record.pool_id.id, (0, 0, 0))
            record.customer_count = customers
            record.waiting_count = waiting
            record.progress = 100 * (total - waiting) // total if total else 0

    def _compute_candidate_counts(self):
        for record in self:
            Candidate = self.env["scrm.match.candidate"]
            record.candidate_count = Candidate.search_count(record._get_candidate_domain("new"))
            record.reviewed_count = Candidate.search_count(
                record._get_candidate_domain("accepted", "rejected")
            )

    def _get_candidate_domain(self, *states):
        """Return the domain of this model's pairs in the review queue."""
        self.ensure_one()
        return [
            ("rule", "=", "splink"),
            ("left_id.pool_id", "=", self.pool_id.id),
            ("state", "in", states),
        ]

    # === CRUD === #

    def write(self, vals):
        if vals.get("pool_id") and any(record.pool_id.id != vals["pool_id"] for record in self):
            raise UserError(
                self.env._("A model has learned its pool. Create another one for another pool.")
            )
        if "automatic_threshold" in vals and "automatic" in self.mapped("state"):
            raise UserError(
                self.env._(
                    "Pairs are accepted from this probability on. Go back to review first, then"
                    " change it and look at what the reviews say."
                )
            )
        return super().write(vals)

    # === FLOW === #

    def action_suggest(self):
        """Begin to put pairs before people."""
        self._move_along("suggest")

    def action_automate(self):
        """Begin to accept the surest pairs; the flow checks that reviews allow it."""
        self._move_along("automate")

    def action_review(self):
        """Put every pair before people again."""
        self._move_along("review")

    def action_stop(self):
        """Compare no more; what was found stays."""
        self._move_along("stop")

    def _flow_check(self, transition, vals):
        if transition.key == "suggest" and not self.trained_at:
            raise UserError(self.env._("Train the model first: it knows nothing yet."))
        if transition.key == "automate":
            self._check_automatic()
        return super()._flow_check(transition, vals)

    def _flow_after(self, transition):
        if transition.key == "suggest":
            self._start_scoring()
        return super()._flow_after(transition)

    def _notice_get_company(self):
        # sudo: the pool's companies are asked for their first, whoever presses the button.
        companies = self.pool_id.sudo().company_ids
        return (self.env.company & companies) or companies[:1] or self.env.company

    def _check_automatic(self):
        """Raise unless people have reviewed enough pairs at the threshold, refusing none."""
        reviewed, refused = self._get_verdicts()
        if reviewed >= NEEDED and not refused:
            return
        raise UserError(
            self.env._(
                "Pairs cannot be accepted without a person yet. Of those with a probability of"
                " %(threshold)s and more, %(reviewed)s were reviewed and %(refused)s of them"
                " refused or undone; %(needed)s reviewed and none refused are needed. Review more"
                " pairs, or accept from a higher probability.",
                threshold=self.automatic_threshold,
                reviewed=reviewed,
                refused=refused,
                needed=NEEDED,
            )
        )

    # === ACTIONS === #

    def action_open_candidates(self):
        """Open the pairs that wait for a person."""
        return self._open_candidates(self.env._("To Review"), "new")

    def action_open_reviewed(self):
        """Open the pairs that a person has decided on."""
        return self._open_candidates(self.env._("Reviewed"), "accepted", "rejected")

    def _open_candidates(self, name, *states, domain=()):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "scrm.match.candidate",
            "view_mode": "list,form",
            "domain": [*self._get_candidate_domain(*states), *domain],
            "context": {"create": False},
        }

    def action_open_customers(self):
        """Open the customers of the pool."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        return {**action, "domain": [("pool_id", "=", self.pool_id.id)], "context": {}}

    def action_open_waiting(self):
        """Open what is still to be compared."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("To Compare"),
            "res_model": "scrm.matching.row",
            "view_mode": "list",
            "domain": [("pool_id", "=", self.pool_id.id), ("is_due", "=", True)],
        }
