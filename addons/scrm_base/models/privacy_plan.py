"""The tables of this addon and what an erasure does to each: the plan, and what follows from it.

What the law keeps all the same, by which article and for how long: ``_get_retention()``.
"""

from odoo import api, models
from odoo.fields import Domain

from ..tools.erasure import TablePlan
from .match_candidate import OPEN_STATES


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            **self._get_people_plan(),
            **self._get_business_plan(),
            **self._get_profile_plan(),
            **self._get_import_plan(),
            **self._get_settings_plan(),
        }

    def _get_people_plan(self):
        """Return the plan of who people are."""
        return {
            "scrm.customer": TablePlan(
                ("id",),
                erased=("name_manual",),
                # The name follows from the handles; "golden" says where from, never a value.
                kept=("name", "golden"),
            ),
            "scrm.identity": TablePlan(
                ("customer_id",),
                erased=("value_raw", "name"),
                hashed=("value",),
                kept=("scope", "verify_method"),
            ),
            "scrm.identity.link": TablePlan(
                ("left_id.customer_id", "right_id.customer_id"),
                erased=("evidence",),
                kept=("rule",),
            ),
            # A number of theirs that somebody blocked, or that was learned; a hotline is learned
            # again of all who have it. The note says why a value is nobody's.
            "scrm.identity.block": TablePlan(hashed=("value",), kept=("note",)),
            "scrm.match.candidate": TablePlan(
                ("left_id.customer_id", "right_id.customer_id"),
                erased=("field_weights", "evidence"),
                kept=("rule", "reason"),  # codes
            ),
            "scrm.quality.issue": TablePlan(("partner_id",), erased=("value", "group_key")),
            "scrm.suppression": TablePlan(kept=("id_type", "handle_hash")),
            "scrm.unmask.log": TablePlan(("customer_id",), erased=("handles", "reason")),
            "scrm.privacy.request": TablePlan(
                ("customer_id",), erased=("requester", "note"), kept=("result",)
            ),
        }

    def _get_business_plan(self):
        """Return the plan of what happened with people, and of what was sent to them."""
        return {
            "scrm.interaction": TablePlan(
                ("customer_id",),
                erased=("summary", "payload"),
                hashed=("dedupe_key",),
                kept=("res_model",),
            ),
            "scrm.consent": TablePlan(
                ("customer_id",), erased=("note", "reference"), kept=("text_version", "covered")
            ),
            "scrm.outbox": TablePlan(
                ("customer_id", "identity_id", "partner_id"),
                erased=("subject", "body", "payload", "error"),
                hashed=("idem_key",),
                kept=("res_model", "external_ref", "turn_key"),
                record=("res_model", "res_id"),
            ),
            "scrm.flow.log": TablePlan(
                erased=("note",),
                kept=(
                    "res_model",
                    "transition",
                    "source",
                    "target",
                    "source_label",
                    "target_label",
                ),
                record=("res_model", "res_id"),
            ),
        }

    def _get_profile_plan(self):
        """Return the plan of what the company makes of people: figures, stages, tags, circles."""
        return {
            # A cache, made again of what is left.
            "scrm.metric": TablePlan(("customer_id",), erased=("rfm_cell",)),
            "scrm.lifecycle.history": TablePlan(("customer_id",), erased=("reason",)),
            "scrm.lifecycle.standing": TablePlan(("customer_id",)),
            "scrm.segment.member": TablePlan(("customer_id",)),
            # These two are taken away altogether, see _after_erasure().
            "scrm.tag.assign": TablePlan(("customer_id",), hashed=("reference",)),
            "scrm.circle.member": TablePlan(("customer_id",), erased=("role", "source")),
            # Of circles that are emptied, see _follow_shared().
            "scrm.circle": TablePlan(
                ("member_ids.customer_id",), erased=("name", "source", "note")
            ),
        }

    def _get_import_plan(self):
        """Return the plan of imported files: one row of theirs, and the file goes."""
        return {
            # Nobody's: what a person called the file, and a hash of its columns' titles.
            "scrm.customer.import": TablePlan(
                ("line_ids.customer_id",),
                erased=("file",),
                kept=("name", "filename", "layout_key"),
            ),
            # A title is the heading of a column; the sample is somebody's cell.
            "scrm.customer.import.column": TablePlan(
                ("import_id.line_ids.customer_id",),
                erased=("sample",),
                kept=("title",),
            ),
            "scrm.customer.import.sheet": TablePlan(kept=("name",)),
            "scrm.customer.import.line": TablePlan(
                ("customer_id",),
                values=("phone", "email"),
                erased=(
                    "cells",
                    "name",
                    "phone",
                    "email",
                    "city",
                    "company_name",
                    "tags",
                    "code",
                    "content_key",
                    "reason",
                ),
            ),
        }

    def _get_settings_plan(self):
        """Return the plan of what people set up: vocabularies, texts and definitions."""
        return {
            "scrm.consent.purpose": TablePlan(kept=("name", "code", "text", "text_version")),
            "scrm.kpi": TablePlan(kept=("name", "code")),
            "scrm.lifecycle.rule": TablePlan(kept=("name",)),
            "scrm.lifecycle.stage": TablePlan(kept=("name", "code", "description")),
            "scrm.notice.rule": TablePlan(
                kept=("name", "model_name", "event", "subject", "body", "lang")
            ),
            "scrm.pool": TablePlan(kept=("name",)),
            "scrm.region": TablePlan(kept=("name", "code", "parent_path")),
            # A condition may look for one number: it is struck out of it.
            "scrm.segment": TablePlan(
                erased=("domain", "refresh_error"), kept=("name", "description")
            ),
            "scrm.tag": TablePlan(kept=("name",)),
        }

    # === WHAT FOLLOWS === #

    def _follow_shared(self, person, owned):
        """Say which records of several people are emptied for the sake of one; others stay."""
        # A file is read whole: it goes with a row that is known by its phone number alone, too.
        # sudo: see _get_person
        lines = self.env["scrm.customer.import.line"].sudo()
        imports = lines.browse(owned["scrm.customer.import.line"]).import_id
        for name, domain in (
            ("scrm.customer.import", Domain("id", "in", imports.ids)),
            ("scrm.customer.import.column", Domain("import_id", "in", imports.ids)),
        ):
            owned[name] = sorted({*owned[name], *self._search_ids(name, domain)})
        # A household is called by its people; a club of many is not renamed for one of them.
        circles = self.env["scrm.circle"].sudo().browse(owned["scrm.circle"])
        owned["scrm.circle"] = circles.filtered(
            lambda circle: (
                circle.kind == "household" or circle.member_ids.customer_id <= person.customers
            )
        ).ids
        return super()._follow_shared(person, owned)

    def _after_erasure(self, person, owned):
        """Take away what says who the person is, and what waits for a decision about them."""
        result = super()._after_erasure(person, owned)
        # sudo: see _get_person
        for name in ("scrm.tag.assign", "scrm.circle.member"):
            self.env[name].sudo().browse(owned[name]).unlink()
        candidates = self.env["scrm.match.candidate"].sudo().browse(owned["scrm.match.candidate"])
        candidates.filtered(lambda candidate: candidate.state in OPEN_STATES).state = "stale"
        # Blocked values are remembered.
        self.env.registry.clear_cache()
        return result
