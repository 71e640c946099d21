from odoo.tests import tagged

from .access_contexts import AccessContexts
from .access_fields import AccessFields
from .access_frozen import AccessFrozen
from .access_matrix import AccessMatrix
from .access_methods import AccessMethods
from .access_worked_out import AccessWorkedOut
from .access_world import AccessWorld


@tagged("post_install", "-at_install")
class TestAccessWorld(
    AccessMatrix,
    AccessFrozen,
    AccessWorkedOut,
    AccessMethods,
    AccessContexts,
    AccessFields,
    AccessWorld,
):
    """What needs two companies with everything in them, which take long to make."""
