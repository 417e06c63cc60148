"""Secrets that follow from the installation's own."""

import hashlib
import hmac

from django.conf import settings


def derive_secret(purpose: str) -> str:
    """A secret of 64 hexadecimal characters for one purpose; the same every time on this installation."""
    return hmac.new(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).hexdigest()
