"""The suite's arrows: which addon may name which others in its manifest (docs/architecture.md)."""

BASE = "scrm_base"

# Addon -> what its manifest depends on. A line's addon may be dropped, none added.
DEPENDS = {
    "scrm_base": (
        "crm sale_management sale_stock account contacts portal sms utm phone_validation "
        "base_address_extended privacy_lookup queue_job"
    ).split(),
    "scrm_matching": ["scrm_base"],
    "scrm_social": "scrm_base im_livechat link_tracker mass_mailing rating".split(),
    "scrm_loyalty": "scrm_base sale_loyalty".split(),
    "scrm_service": "scrm_base portal_rating resource base_geolocalize".split(),
    "scrm_settlement": "scrm_base partnership stock_delivery".split(),
}

# A bridge is named after the two that it joins, depends on exactly them and installs itself.
BRIDGES = {
    "scrm_service_settlement": ["scrm_service", "scrm_settlement"],
    "scrm_social_service": ["scrm_social", "scrm_service"],
    "scrm_loyalty_settlement": ["scrm_loyalty", "scrm_settlement"],
    "scrm_loyalty_pos": ["scrm_loyalty", "point_of_sale"],
    "scrm_loyalty_website": ["scrm_loyalty", "website_sale_loyalty"],
}

# The country's chart of accounts, installed beside what the manifests name.
CHART = "l10n_cn"


def allowed(addon):
    """Return what an addon's manifest may depend on, or None for an addon that is not planned."""
    return BRIDGES.get(addon) or DEPENDS.get(addon)


def core_dependencies():
    """Return the modules outside the suite that its addons need (optional bridges aside)."""
    names = {name for depends in DEPENDS.values() for name in depends}
    return sorted(name for name in names | {CHART} if not name.startswith("scrm_"))


def may_import(addon):
    """Return the addons of the suite whose Python an addon may import: what it depends on."""
    found, queue = set(), [addon]
    while queue:
        for name in allowed(queue.pop()) or ():
            if name.startswith("scrm_") and name not in found:
                found.add(name)
                queue.append(name)
    return found
