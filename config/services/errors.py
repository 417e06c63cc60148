"""The one error of the local runner."""


class ServiceError(RuntimeError):
    """An embedded service cannot run. The message is one sentence for the person at the keyboard."""
