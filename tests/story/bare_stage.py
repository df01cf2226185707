"""The stage on a database without demo data, set as an administrator configures a company.

Everything goes through the external API, as a company's own set-up script would do it.
"""

import base64
from collections.abc import Sequence

from tests.harness.rpc import Rpc
from tests.harness.server import Server
from tests.story.stage import PASSWORD, ROLES, Stage, _read

LANGUAGE, TIME_ZONE = "en_US", "Asia/Shanghai"
GROUPS = {
    "operator": (
        "scrm_base.group_scrm_base_operator",
        "sales_team.group_sale_salesman_all_leads",
    ),
    # She answers on WeChat and opens the ticket as well.
    "agent": (
        "base.group_user",
        "scrm_social.group_scrm_social_agent",
        "scrm_base.group_scrm_base_operator",
        "scrm_service.group_scrm_service_agent",
    ),
    "dispatcher": ("scrm_service.group_scrm_service_agent",),
    "technician": ("scrm_service.group_scrm_service_technician",),
    "channel": ("scrm_settlement.group_scrm_settlement_channel_manager",),
    "finance": ("scrm_settlement.group_scrm_settlement_reviewer",),
    "steward": (
        "scrm_base.group_scrm_base_steward",
        "sales_team.group_sale_salesman_all_leads",
    ),
}
CITY = "Shenzhen"
# WeChat's console shows 32 bytes in base64 without the sign at the end.
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
VALID_FROM = "2025-01-01"
# One purifier lifts a customer from the first tier to the second; a cartridge does not.
PURIFIER_PRICE, PART_PRICE, VISIT_PRICE = 2999.0, 128.0, 80.0
HIGHER_THRESHOLD = 2000
PARTS_IN_STOCK = 30


def set_without_demo(server: Server, admin: Rpc, api: str) -> Stage:
    """Configure the company anew: its people, WeChat account, dealer, goods, prices and tiers.

    :param server: runs on a clone of the template `suite`
    :param api: the address of WeChat's API, here the stand-in's
    """
    users = _users(admin)
    regions = _regions(admin)
    dealer_id, scenario_id = _dealer(admin)
    visit_id = _create(
        admin,
        "product.product",
        name="Repair on site",
        type="service",
        list_price=VISIT_PRICE,
        taxes_id=_set([]),
    )
    part_id = _goods(admin, "PP cartridge", PART_PRICE, standard_price=60.0)
    goods_id = _goods(admin, "Purifier", PURIFIER_PRICE, standard_price=1450.0)
    site_id = _outlet(admin, dealer_id, regions["city"], users["technician"])
    _put_in_stock(admin, site_id, part_id)
    _price(admin, "project", "Service projects", visit_id, VISIT_PRICE)
    _price(admin, "part", "Spare parts", part_id, PART_PRICE)
    return _read(
        server,
        admin,
        channel_id=_wechat_account(admin, api, users["agent"]),
        site_id=site_id,
        technician_id=users["technician"],
        part_id=part_id,
        labour_id=visit_id,
        goods_id=goods_id,
        higher_tier_id=_loyalty(admin),
        tier_id=_settlement_tiers(admin, regions, scenario_id),
    )


def _create(admin: Rpc, model: str, **values) -> int:
    """Create one record and return its id."""
    return admin.call(model, "create", [values])[0]


def _set(ids: Sequence[int]) -> list[tuple]:
    """Return the command that makes `ids` all that a many2many holds."""
    return [(6, 0, list(ids))]


def _users(admin: Rpc) -> dict[str, int]:
    """Make a user for every role; return their ids by role."""
    people = [
        {
            "name": role.capitalize(),
            "login": f"demo.{role}",
            "password": PASSWORD,
            "email": f"{role}@example.com",
            "lang": LANGUAGE,
            "tz": TIME_ZONE,
            "group_ids": _set([admin.ref(group) for group in GROUPS[role]]),
        }
        for role in ROLES
    ]
    context = {"no_reset_password": True}
    ids = admin.call("res.users", "create", people, context=context)
    return dict(zip(ROLES, ids, strict=True))


def _regions(admin: Rpc) -> dict[str, int]:
    """Return the nation and the city of the dealer, by their kinds."""
    nation = _create(
        admin,
        "scrm.region",
        name="China",
        code="CN",
        kind="nation",
        country_id=admin.ref("base.cn"),
    )
    province = _create(
        admin,
        "scrm.region",
        name="Guangdong",
        code="CN-GD",
        kind="province",
        parent_id=nation,
        state_id=admin.ref("base.state_cn_GD"),
    )
    city = _create(
        admin, "scrm.region", name=CITY, code="CN-GD-SZ", kind="city", parent_id=province
    )
    return {"nation": nation, "city": city}


def _dealer(admin: Rpc) -> tuple[int, int]:
    """Return the dealer and the scenario of the cooperation with him."""
    scenario_id = admin.ref("scrm_settlement.scenario_strategic")
    grade_id = _create(
        admin, "res.partner.grade", name="Distributor", scrm_role="distributor", scrm_rank=10
    )
    dealer_id = _create(
        admin,
        "res.partner",
        name="Shenzhen Purifier Dealer",
        is_company=True,
        street="2008 Shennan Avenue",
        city=CITY,
        state_id=admin.ref("base.state_cn_GD"),
        country_id=admin.ref("base.cn"),
        email="dealer@example.com",
        grade_id=grade_id,
        scrm_scenario_id=scenario_id,
    )
    return dealer_id, scenario_id


def _goods(admin: Rpc, name: str, price: float, **values) -> int:
    goods = {"type": "consu", "is_storable": True, "list_price": price, **values}
    return _create(admin, "product.product", name=name, **goods)


def _outlet(admin: Rpc, dealer_id: int, region_id: int, technician_id: int) -> int:
    return _create(
        admin,
        "scrm.service.site",
        name="Futian outlet",
        partner_id=dealer_id,
        region_id=region_id,
        user_ids=_set([technician_id]),
    )


def _put_in_stock(admin: Rpc, site_id: int, product_id: int) -> None:
    """Count what lies on the outlet's shelves: an inventory adjustment that is applied at once."""
    location = admin.call("scrm.service.site", "read", [site_id], ["location_id"])[0]
    quant = {
        "product_id": product_id,
        "location_id": location["location_id"][0],
        "inventory_quantity_auto_apply": PARTS_IN_STOCK,
    }
    admin.call("stock.quant", "create", [quant], context={"inventory_mode": True})


def _price(admin: Rpc, kind: str, name: str, product_id: int, price: float) -> None:
    line = {"product_id": product_id, "price": price, "valid_from": VALID_FROM}
    _create(admin, "scrm.library", name=name, code=kind.upper(), kind=kind, line_ids=[(0, 0, line)])


def _settlement_tiers(admin: Rpc, regions: dict[str, int], scenario_id: int) -> int:
    """Make a tier for everybody and a closer one for the dealer's city; return the closer."""
    tier_id = 0
    for kind, region, scenarios, discount in (
        ("standard", "nation", [], 0),
        ("preferential", "city", [scenario_id], 8),
    ):
        tier_id = _create(admin, "scrm.settlement.tier", name=kind.capitalize(), kind=kind)
        _create(
            admin,
            "scrm.settlement.rule",
            name=f"{discount} % less than the standard price",
            tier_id=tier_id,
            region_ids=_set([regions[region]]),
            scenario_ids=_set(scenarios),
            value=discount,
        )
        admin.call("scrm.settlement.tier", "action_approve", [tier_id])
    return tier_id


def _loyalty(admin: Rpc) -> int:
    """Make a programme of one point per yuan with two tiers; return the higher tier."""
    company_id = admin.ref("base.main_company")
    rule = {"reward_point_mode": "money", "reward_point_amount": 1, "minimum_qty": 0}
    program_id = _create(
        admin,
        "loyalty.program",
        name="Members",
        program_type="loyalty",
        applies_on="both",
        trigger="auto",
        company_id=company_id,
        rule_ids=[(5, 0, 0), (0, 0, rule)],
    )
    group_id = _create(admin, "scrm.loyalty.tier.group", name="Tiers", program_id=program_id)
    _create(admin, "scrm.loyalty.tier", name="Basic", tier_group_id=group_id, threshold=0)
    return _create(
        admin,
        "scrm.loyalty.tier",
        name="Silver",
        tier_group_id=group_id,
        threshold=HIGHER_THRESHOLD,
        multiplier=1.2,
    )


def _wechat_account(admin: Rpc, api: str, agent_id: int) -> int:
    return _create(
        admin,
        "scrm.channel",
        name="Official account",
        app_id="wxstory00000000001",
        secret="story-secret",
        token="story-token",
        aes_key=AES_KEY,
        encryption_mode="safe",
        api_base_url=api,
        user_ids=_set([agent_id]),
    )
