"""Turns a bare machine into Odoo 19, PostgreSQL and this add-on.

Standard library only: it runs before anything is installed.
"""

import sys

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit("FAILED: Odoo 19 needs Python 3.10 to 3.13. Try: make PYTHON=python3.11")
