# The routes need the type of request that the dispatcher defines.
from . import dispatcher
from . import inventory
from . import health
from . import portal
from . import portal_bill
