"""Which file has a model that is not in common.py."""

import adversarial
import restoration
import stylegan
import translation
import variational

FAMILIES = (adversarial, restoration, stylegan, translation, variational)


def family(model):
    return next((family for family in FAMILIES if model in family.MODELS), None)
