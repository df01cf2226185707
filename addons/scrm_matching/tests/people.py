"""Made-up Chinese customers, some of them known by two cards, for tests and benchmarks."""

import random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖"
    "田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲建国文斌宇浩凯悦婷雪琳佳欣怡晨曦子涵梓轩"
    "博雅思远志鹏海燕春梅冬云龙飞鑫晓东立新宏亮永福德胜利民安康乐天泽润清源若兰诗语嘉豪俊熙"
)
CITIES = (
    "佛山 广州 深圳 东莞 中山 珠海 惠州 长沙 武汉 成都"
    " 重庆 上海 杭州 南京 苏州 合肥 郑州 西安 北京 天津"
).split()
DOMAINS = "qq.com 163.com 126.com sina.com outlook.com foxmail.com".split()
PREFIXES = "130 131 135 136 137 138 139 150 158 159 176 177 186 188 189 199".split()


def _phone(dice):
    return f"+86{dice.choice(PREFIXES)}{dice.randrange(10**8):08d}"


def _card(dice):
    """Return a person's (name, phone, email, city)."""
    # Surnames are as uneven as in life: few have many bearers.
    surname = SURNAMES[min(int(dice.expovariate(0.08)), len(SURNAMES) - 1)]
    given = "".join(dice.choice(GIVEN) for _ in range(dice.choice((1, 2, 2, 2))))
    local = f"{dice.randrange(10**8, 10**10)}"
    email = f"{local}@{dice.choice(DOMAINS)}" if dice.random() < 0.5 else None
    phone = _phone(dice) if dice.random() < 0.9 or not email else None
    return surname + given, phone, email, dice.choice(CITIES) if dice.random() < 0.8 else None


def _again(dice, card):
    """Return the same person's card as somebody else wrote it down."""
    name, phone, email, city = card
    if dice.random() < 0.15:
        name = name[:-1] + dice.choice(GIVEN)
    elif dice.random() < 0.1:
        name += dice.choice(("先生", "女士", "（老客户）"))
    habit = dice.random()
    if phone and habit < 0.25:
        at = dice.randrange(5, len(phone))
        phone = phone[:at] + str(dice.randrange(10)) + phone[at + 1 :]
    elif habit < 0.45:
        phone = _phone(dice)
    elif habit < 0.6 and email:
        phone = None
    if email and dice.random() < 0.3:
        email = f"{email.partition('@')[0]}@{dice.choice(DOMAINS)}"
    elif dice.random() < 0.2 and phone:
        email = None
    if dice.random() < 0.2:
        city = None
    return name, phone, email, city


def make(count: int, seed: int = 1, twice: float = 0.2) -> list[tuple]:
    """Return ``count`` cards as (person, name, phone, email, city), in no order.

    :param twice: share of persons that have a second card
    """
    dice = random.Random(seed)
    cards = []
    person = 0
    while len(cards) < count:
        person += 1
        card = _card(dice)
        cards.append((person, *card))
        if dice.random() < twice and len(cards) < count:
            cards.append((person, *_again(dice, card)))
    dice.shuffle(cards)
    return cards
