from . import emails
