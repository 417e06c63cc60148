"""Sets up who may do what."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

MERCHANDISER = gettext_noop("Merchandiser")
STORE = gettext_noop("Store")
DEALER = gettext_noop("Dealer")
LOOK = ("view_sku", "view_warehouse", "view_functionalwarehouse", "view_stockrow", "view_ledgerentry", "view_hold")
ROLES = {
    STORE: (*LOOK, "receive_stock", "count_stock", "hold_stock"),
    DEALER: (*LOOK, "count_stock"),
}


@transaction.atomic
def ensure_roles() -> None:
    """Give the three built-in groups exactly the permissions they come with, new ones of an upgrade included.

    A merchandiser does everything but hand out rights and delete API keys; a store receives, counts and
    holds; a dealer counts. A user's workplaces limit both to their own warehouses.
    """
    wanted: dict[str, QuerySet[Permission]] = {MERCHANDISER: _merchandiser()}
    for name, codenames in ROLES.items():
        wanted[name] = Permission.objects.filter(content_type__app_label="inventory", codename__in=codenames)
    for name, permissions in wanted.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set(permissions)


def _merchandiser() -> QuerySet[Permission]:
    rights = Q(content_type__app_label="auth") | Q(content_type__app_label="admin")
    elsewhere = ~rights & ~Q(content_type__app_label__in=["contenttypes", "sessions"])
    looking = rights & Q(codename__startswith="view_")
    return Permission.objects.filter(elsewhere | looking).exclude(codename="delete_apikey")
