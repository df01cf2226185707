from . import scrm_social
