"""Who sees which warehouses."""

from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from inventory.warehouses.models import WarehouseStaff

ModelT = TypeVar("ModelT", bound=Model)


def workplaces(user: AbstractBaseUser | AnonymousUser) -> list[int] | None:
    """The ids of the warehouses the user works at and sees alone; None for a user who sees all of them.

    The answer is kept on the user object, so a request asks once.
    """
    known: dict[str, Any] = vars(user)
    if "onepool_workplaces" not in known:
        found = list(WarehouseStaff.objects.filter(user=user.pk).values_list("warehouse_id", flat=True))
        known["onepool_workplaces"] = found or None
    places: list[int] | None = known["onepool_workplaces"]
    return places


def within_workplaces(
    rows: QuerySet[ModelT], user: AbstractBaseUser | AnonymousUser, path: str = "functional__warehouse"
) -> QuerySet[ModelT]:
    """The rows that lie in the user's warehouses; `path` leads from a row to its warehouse."""
    places = workplaces(user)
    return rows if places is None else rows.filter(**{f"{path}__in": places})
