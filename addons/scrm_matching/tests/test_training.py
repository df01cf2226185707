from odoo.exceptions import UserError
from odoo.tests import tagged

from . import people
from .common import MatchingCase, parameters


@tagged("post_install", "-at_install")
class TestTraining(MatchingCase):
    def test_a_small_pool_is_refused_with_a_sentence(self):
        self._make_card("欧阳清兰", "13826001001")
        with self.assertRaisesRegex(UserError, "1 contacts and customers.*500 are needed"):
            self.model._train()

    def test_training_learns_from_the_pool_alone(self):
        self._make_cards(people.make(600, twice=0.4))
        self._make_people(people.make(50, seed=5), pool=self.pool_other)
        self.model._train()
        self.assertEqual(600, self.model.sample_size)
        phones = {level.level: level for level in self.model.level_ids if level.field == "phones"}
        self.assertGreater(phones["one_digit"].weight, 3)
        self.assertIn("strongly for one", phones["one_digit"].meaning)
        self.assertLess(phones["different"].weight, 0)
        self.assertEqual("Done", self.model.training_status)

    def test_sample_is_limited_and_keeps_customers_whole(self):
        first = self._make_card("欧阳清兰", "13826001001")
        second = self._make_card("欧阳清兰", "13826001007")
        first.identity_ids[0]._attach(second.identity_ids[0], rule="manual")
        cards = self.model._fetch_sample()
        self.assertEqual(2, len(cards), "two cards of one customer stand apart")
        self.model.sample_limit = 1000
        self._make_people(people.make(1300))
        self.assertEqual(1000, len(self.model._fetch_sample()))

    def test_training_waits_in_the_queue_once(self):
        self.model.action_train()
        uuid = self.model.training_job_uuid
        self.assertIn("Waiting", self.model.training_status)
        self.model.action_train()
        self.assertEqual(uuid, self.model.training_job_uuid)
        job = self.env["queue.job"].search([("uuid", "=", uuid)])
        self.assertEqual("root.scrm.matching", job.channel)
        job.write({"state": "failed", "exc_message": "Too few"})
        self.model.invalidate_recordset(["training_status"])
        self.assertEqual("Failed: Too few", self.model.training_status)

    def test_everybody_is_compared_anew(self):
        self._make_card("欧阳清兰", "13826001001")
        self._compare()
        self.assertEqual(0, self.model.waiting_count)
        self.model._write_trained(parameters())
        self.model.invalidate_recordset()
        self.assertEqual(1, self.model.waiting_count)

    def test_an_untrained_model_is_not_switched_on(self):
        model = self.env["scrm.matching.model"].create({"pool_id": self.pool_other.id})
        self.assertEqual("Not trained yet", model.training_status)
        with self.assertRaisesRegex(UserError, "Train the model first"):
            model.action_suggest()
