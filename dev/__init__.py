"""Turns a bare machine into Odoo 19, PostgreSQL and this add-on.

Standard library only: it runs before anything is installed.
"""
