"""Links from explanations to the pages where a setting is changed."""

from django import template
from django.urls import NoReverseMatch, reverse

register = template.Library()


@register.simple_tag
def change_url(model: str, pk: object) -> str:
    """The admin page of an object (`app.model`), empty when that model has no page."""
    try:
        return reverse(f"admin:{model.replace('.', '_')}_change", args=[pk])
    except NoReverseMatch:
        return ""


@register.simple_tag
def why_url(shop: str, sku: str) -> str:
    """The page that explains a shop's number; also for codes that don't fit into a path."""
    try:
        return reverse("admin:why", args=[shop, sku])
    except NoReverseMatch:
        return reverse("admin:why_search", query={"shop": shop, "sku": sku})


@register.filter
def signed(number: int) -> str:
    """With a sign: +3, −2, ±0."""
    return "±0" if number == 0 else f"{number:+d}".replace("-", "−")
