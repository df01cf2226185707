from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .test_lifecycle import LifecycleCase


@tagged("post_install", "-at_install")
class TestLifecycleSegments(LifecycleCase):
    """A segment that a stage rule names is there as long as the rule."""

    def test_one_that_a_rule_names_stays(self):
        operator = self._make_user("stage.operator", "scrm_base.group_scrm_base_operator")
        silent = self._make_segment("Silent", domain="[('name', '=', 'Nobody')]")
        self.rule.leave_segment_id = silent
        for segment in self.enter | self.keep | silent:
            with self.subTest(segment=segment.name):
                with (
                    self.assertRaisesRegex(ValidationError, "Comes again"),
                    self.env.cr.savepoint(),
                ):
                    segment.with_user(operator).action_archive()
                with self.assertRaisesRegex(UserError, "Comes again"), self.env.cr.savepoint():
                    segment.with_user(operator).unlink()

    def test_an_archived_rule_keeps_its_segments_on_record_alone(self):
        self.rule.action_archive()
        self.keep.action_archive()
        with self.assertRaisesRegex(UserError, "Comes again"), self.env.cr.savepoint():
            self.keep.unlink()
        with (
            self.assertRaisesRegex(ValidationError, "Two orders, which is archived"),
            self.env.cr.savepoint(),
        ):
            self.rule.action_unarchive()
        self.keep.action_unarchive()
        self.rule.action_unarchive()
        self.assertEqual("loyal", self._live(self.chen, 3))

    def test_archived_is_not_left(self):
        """Nobody loses the stage because the segment to stay by is kept up to date no more."""
        self._live(self.chen, 3)
        self.env.cr.execute("UPDATE scrm_segment SET active = FALSE WHERE id = %s", [self.keep.id])
        self.env.invalidate_all()
        self.keep._let_everybody_leave()
        self._set_figures(self.chen, order_count_year=0)
        self.assertEqual("loyal", self._live(self.chen, 0))
        self.rule.action_apply()
        self.assertEqual("loyal", self.chen.stage_id.code)
