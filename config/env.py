"""The environment variables the product reads, typed, in one place."""

from pathlib import Path

from pydantic import PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(BaseSettings):
    """What an operator may set; every value has a default that suits a laptop."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = ""
    redis_url: str = ""
    onepool_debug: bool = False
    onepool_secret_key: str = ""
    onepool_credential_keys: str = ""
    onepool_allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    onepool_api_rate_per_second: PositiveFloat = 200
    onepool_api_burst: PositiveInt = 1000
    onepool_marketplace_url: str = "http://127.0.0.1:8100"

    @property
    def broker_url(self) -> str:
        """`redis_url` in the words of Celery, whose spelling of a socket address differs from redis-py's."""
        return self.redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def read_environment() -> Environment:
    """Read the process environment once."""
    return Environment()
