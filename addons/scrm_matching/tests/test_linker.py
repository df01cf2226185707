import json

from odoo.tests import BaseCase, tagged

from ..providers.linker_process import LinkerProcess
from ..tools.customer_rows import CUSTOMERS, prepare
from ..tools.plan import BLOCK_CAP, TrainingError
from . import febrl, people
from .common import parameters


def row(id_, name, phone=None, email=None, city=None, kind="person"):
    return prepare(id_, kind, name, [phone] if phone else [], [email] if email else [], city)


@tagged("post_install", "-at_install")
class TestLinker(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.linker = LinkerProcess(CUSTOMERS)
        # What a database's Json field does to it.
        cls.model = json.loads(json.dumps(parameters()))

    def _score(self, new, every, floor=0.5):
        return {
            (pair.left_id, pair.right_id): pair
            for pair in self.linker.score(self.model, new, every, floor=floor)
        }

    def test_a_pair_comes_with_what_each_field_says(self):
        left = row(1, "欧阳清兰", "13826001001", "qinglan@qq.com", "佛山")
        right = row(2, "欧阳清兰 女士", "13826001007", "qinglan@163.com", None)
        pair = self._score([right], [left])[1, 2]
        self.assertGreater(pair.probability, 0.99)
        weights = {weight.field: weight for weight in pair.field_weights}
        self.assertEqual(["name", "phones", "emails", "city"], list(weights))
        self.assertEqual([True, True, True, None], [w.agrees for w in weights.values()])
        self.assertEqual("13826001001", weights["phones"].left)
        self.assertEqual("13826001007", weights["phones"].right)
        self.assertEqual(0, weights["city"].weight)
        self.assertGreater(weights["emails"].weight, 5)

    def test_a_common_name_alone_is_nobody(self):
        left, right = row(1, "王伟", "13826001001"), row(2, "王伟", "13711112345")
        self.assertFalse(self._score([left], [right]))

    def test_different_people_are_no_pair(self):
        left = row(1, "欧阳清兰", "13826001001", "qinglan@qq.com", "佛山")
        right = row(2, "诸葛子涵", "13711112345", "zihan@163.com", "佛山")
        self.assertFalse(self._score([left], [right]))

    def test_old_rows_are_not_compared_again(self):
        card = ("欧阳清兰", "13826001001", "qinglan@qq.com", "佛山")
        old, older, new = (row(id_, *card) for id_ in (1, 2, 3))
        self.assertEqual({(1, 3), (2, 3)}, set(self._score([new], [old, older])))
        self.assertEqual({(1, 3), (2, 3)}, set(self._score([new], [old, older, new])))
        self.assertEqual(
            {(1, 2), (1, 3), (2, 3)}, set(self._score([old, older, new], [old, older, new]))
        )

    def test_a_crowd_makes_no_pairs(self):
        """A hotline on very many cards: no pair of all those would be scored."""
        crowd = [row(id_, None, "13826001001") for id_ in range(1, BLOCK_CAP + 2)]
        self.assertFalse(self._score(crowd, crowd, floor=0))
        self.assertTrue(self._score(crowd[1:], crowd[1:], floor=0))

    def test_nothing_to_learn(self):
        rows = [row(id_, f"第{id_}人家", f"+86{13700000000 + 97 * id_}") for id_ in range(600)]
        with self.assertRaises(TrainingError):
            self.linker.train(rows)
        with self.assertRaises(TrainingError):
            self.linker.train([])

    def test_explained_levels(self):
        levels = {(level.field, level.level): level for level in self.linker.explain(self.model)}
        same, different = levels["phones", "same"], levels["phones", "different"]
        self.assertGreater(same.m, 100 * same.u)
        self.assertLess(different.m, different.u)
        for level in levels.values():
            self.assertGreater(level.m, 0)
            self.assertGreater(level.u, 0)

    def test_quality_on_made_up_customers(self):
        """Other people than those the model has learned from."""
        cards = people.make(2000, seed=2)
        rows, of_person = [], {}
        for id_, (person, *card) in enumerate(cards, 1):
            rows.append(row(id_, *card))
            of_person.setdefault(person, []).append(id_)
        true = {tuple(ids) for ids in of_person.values() if len(ids) == 2}
        found = self._score(rows, rows)
        precision, recall, _f1 = febrl.quality(set(found), true)
        self.assertGreater(precision, 0.97)
        self.assertGreater(recall, 0.80)
