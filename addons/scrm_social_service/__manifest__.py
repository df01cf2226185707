{
    "name": "Social CRM: Conversations and Service",
    "version": "19.0.1.0.0",
    "summary": "Service tickets from conversations, and their notices by WeChat",
    "category": "SCRM",
    "author": "SCRM Suite",
    "license": "LGPL-3",
    "depends": ["scrm_social", "scrm_service"],
    "data": [
        "security/ir.model.access.csv",
        "data/scrm_notice_rule_data.xml",
        "wizard/scrm_conversation_ticket_views.xml",
        "views/scrm_conversation_views.xml",
        "views/scrm_service_ticket_views.xml",
    ],
    "demo": ["demo/res_users_demo.xml"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
