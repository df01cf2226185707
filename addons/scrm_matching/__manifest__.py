{
    "name": "SCRM Matching",
    "summary": "Suggests customers that may be one, by what their cards have in common",
    "version": "19.0.1.0.0",
    "category": "SCRM",
    "license": "LGPL-3",
    "author": "SCRM Suite",
    "depends": ["scrm_base"],
    "external_dependencies": {"python": ["splink>=5,<6", "duckdb>=1.5,<2"]},
    "data": [
        "security/ir.model.access.csv",
        "security/scrm_matching_rules.xml",
        "data/queue_job_data.xml",
        "data/ir_cron_data.xml",
        "views/scrm_matching_row_views.xml",
        "views/scrm_matching_model_views.xml",
    ],
}
