{
    "name": "SCRM Service Settlement",
    "summary": "Parts and labour of closed service tickets become settlement lines, once each",
    "version": "19.0.1.0.0",
    "category": "SCRM",
    "license": "LGPL-3",
    "author": "SCRM Suite",
    "depends": ["scrm_service", "scrm_settlement"],
    "data": [
        "security/ir.model.access.csv",
        "security/scrm_service_claim_rules.xml",
        "views/scrm_service_claim_views.xml",
        "views/scrm_service_ticket_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "demo": ["demo/scrm_service_settlement_demo.xml"],
    "uninstall_hook": "uninstall_hook",
    "auto_install": True,
}
