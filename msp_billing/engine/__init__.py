"""The billing engine: what a customer owes for a span of days, and why.

It is pure: it knows neither Odoo nor a clock, reads and writes nothing, and gives
the same answer for the same arguments. Days are ``datetime.date``, money and
quantities are ``Decimal`` or ``Fraction``, and every refusal is an ``EngineError``.
The rules are those of docs/how-a-bill-is-calculated; each module names its own.

The modules stand in the order in which a bill comes about: ``span`` and ``money``
are the vocabulary, ``cycle`` says which days are billed when, ``usage`` counts,
``price`` and ``rating`` turn the count into charges, ``adjustment`` corrects what
was billed, ``dunning`` says when to ask for the money.
"""
