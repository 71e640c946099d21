from . import msp_source_import
from . import msp_subscription_associate
from . import msp_subscription_dissociate
from . import msp_consolidated_bill
