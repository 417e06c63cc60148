"""What a shop on the demo marketplace needs to be reached."""

from typing import Annotated

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter

from channels.platforms.contract import PlatformConfig

_url = TypeAdapter(HttpUrl)


def _checked_url(value: str) -> str:
    return str(_url.validate_python(value)).rstrip("/")


class DemoConfig(PlatformConfig):
    """Address of the marketplace and the key pair of one shop on it."""

    base_url: Annotated[str, AfterValidator(_checked_url)] = Field(
        title=gettext_noop("Address"),
        description=gettext_noop("Where the demo marketplace answers, such as http://127.0.0.1:8100"),
    )
    app_key: str = Field(title=gettext_noop("App key"), min_length=1, max_length=100)
    app_secret: SecretStr = Field(title=gettext_noop("App secret"), min_length=8, max_length=200)
