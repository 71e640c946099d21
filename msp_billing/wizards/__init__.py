from . import msp_source_import
from . import msp_computer_move
from . import msp_subscription_associate
from . import msp_subscription_dissociate
from . import msp_consolidated_bill
from . import msp_billing_cycle_release
from . import msp_company_settings
from . import msp_bill_void
