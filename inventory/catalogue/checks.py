"""What must hold before a bundle or a category is saved from a form."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from inventory.catalogue.models import BundleComponent, Category, Sku


def check_components(sku_id: int | None, component_ids: Collection[int]) -> None:
    """Whether the SKU (None for a new one) may be a bundle of these components.

    `InvalidInput` for a bundle of bundles, however it comes about, and for a bundle that holds stock.
    """
    if not component_ids:
        return
    faults: list[FieldError] = []
    inner = Sku.objects.filter(pk__in=component_ids, components__isnull=False).distinct()
    for code in inner.values_list("code", flat=True):
        message = _("%(sku)s is a bundle itself; a bundle can't be a part of a bundle.") % {"sku": code}
        faults.append(FieldError("components", message))
    if sku_id is not None:
        faults += _check_bundle(sku_id)
    if faults:
        raise InvalidInput(faults[0].message, faults)


def _check_bundle(sku_id: int) -> list[FieldError]:
    faults = []
    outer = BundleComponent.objects.filter(component=sku_id).values_list("bundle__code", flat=True).first()
    if outer is not None:
        message = _("This SKU is a part of the bundle %(sku)s, so it can't have parts of its own.") % {"sku": outer}
        faults.append(FieldError("components", message))
    if Sku.objects.filter(pk=sku_id, stock__on_hand__gt=0).exists():
        message = _("This SKU has stock; a bundle holds none. Issue the stock first or choose another SKU.")
        faults.append(FieldError("components", message))
    return faults


def check_parent(category_id: int | None, parent_id: int | None) -> None:
    """Whether a category (None for a new one) may hang below this parent; `InvalidInput` for a circle."""
    if category_id is None:
        return
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    above = parent_id
    while above is not None:
        if above == category_id:
            message = _("A category can't lie below itself.")
            raise InvalidInput(message, [FieldError("parent", message)])
        above = parents.get(above)
