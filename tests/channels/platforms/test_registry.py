import pytest
from pydantic import ValidationError

from channels.platforms import registry
from channels.platforms.contract import OutcomeKind, PlatformConfig, PlatformError
from channels.platforms.demo.client import DemoPlatform
from channels.platforms.demo.config import DemoConfig


def test_the_demo_marketplace_is_connected():
    connector = registry.get("demo")
    assert (connector.platform, connector.config) == (DemoPlatform, DemoConfig)


def test_every_connected_platform_loads():
    connected = [code for code, _label in registry.known() if registry.is_connected(code)]
    assert "demo" in connected
    for code in connected:
        assert issubclass(registry.get(code).config, PlatformConfig)
        assert callable(registry.get(code).platform.connect)


@pytest.mark.parametrize("code", ["taobao", "jd", "douyin", "pdd", "xiaohongshu", "weixin", "shopify", "amazon"])
def test_a_platform_without_connector_is_known_and_says_so(code):
    assert code in dict(registry.known())
    assert not registry.is_connected(code)
    with pytest.raises(PlatformError, match="not connected") as caught:
        registry.get(code)
    assert caught.value.kind is OutcomeKind.REJECTED


def test_an_unknown_platform_names_those_there_are():
    assert not registry.is_connected("ebuy")
    with pytest.raises(PlatformError, match=r"'ebuy'.*demo"):
        registry.get("ebuy")


@pytest.mark.parametrize(
    "wrong", [{"base_url": "not an address"}, {"base_url": "ftp://x"}, {"app_secret": "short"}, {"surprise": 1}]
)
def test_a_wrong_configuration_is_refused(wrong):
    right = {"base_url": "http://127.0.0.1:8100", "app_key": "key", "app_secret": "long enough"}
    DemoConfig.model_validate(right)
    with pytest.raises(ValidationError):
        DemoConfig.model_validate(right | wrong)
