"""What the engine says when it refuses to calculate."""


class EngineError(ValueError):
    """A value from which no bill can be calculated.

    The message is plain English for the person at the screen: it names the value
    and says what to do instead.
    """
