"""Pages of users and groups; inventory adds the workplaces and registers the users' page."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from core.admin_base import Admin

# What only somebody with every right may hand out; otherwise a right to edit users would be every right.
SUPERUSER_FIELDS = ("is_superuser", "groups", "user_permissions")


class UserAdmin(DjangoUserAdmin, Admin):  # type: ignore[type-arg]
    """Who may log in, and what they may do."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "group_names", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    list_filter_submit = False
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the groups, which the list names."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Only a superuser hands out rights."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *SUPERUSER_FIELDS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody but a superuser changes a superuser, whose password would be worth every right."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for changing."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Permissions in words."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        return _in_words(field) if db_field.name == "user_permissions" else field

    @admin.display(description=gettext_lazy("name"))
    def full_name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @admin.display(description=gettext_lazy("groups"))
    def group_names(self, user: User) -> str:
        """The groups, by name."""
        return ", ".join(_(group.name) for group in user.groups.all())


class GroupAdmin(DjangoGroupAdmin, Admin):  # type: ignore[misc]
    """What the people of a group may do."""

    list_display = ("name", "users")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """With the number of users."""
        return super().get_queryset(request).annotate(members=Count("user"))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        """Permissions in words."""
        return _in_words(super().formfield_for_manytomany(db_field, request, **kwargs))

    @admin.display(description=gettext_lazy("users"), ordering="members")
    def users(self, group: Any) -> int:
        """How many users are in the group."""
        return int(group.members)


def _may_touch(request: HttpRequest, user: Any) -> bool:
    # unfold asks about an action with the object's id instead of the object.
    if isinstance(user, int | str):
        user = User.objects.filter(pk=user).first()
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


def _in_words(field: Any) -> Any:
    field.queryset = field.queryset.select_related("content_type").exclude(
        content_type__app_label__in=["contenttypes", "sessions", "admin"]
    )
    field.label_from_instance = permission_words
    return field


def permission_words(permission: Permission) -> str:
    """A permission in the reader's language: what it is about, and what may be done."""
    model = permission.content_type.model_class()
    about = str(model._meta.verbose_name) if model else permission.content_type.name  # noqa: SLF001
    verb = permission.codename.removesuffix(f"_{permission.content_type.model}")
    words = {"add": _("add"), "change": _("change"), "delete": _("delete"), "view": _("view")}
    return f"{about}: {words.get(verb) or _(permission.name)}"
