# The routes need the type of request that the dispatcher defines.
from . import dispatcher
from . import inventory
from . import health
