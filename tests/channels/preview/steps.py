"""Short ways to preview an edit in the admin and to see what it gave."""

from django.db import connection
from django.urls import reverse

from channels.models import ShopQuantity
from tests.channels.form_values import form_values


def name_of(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


def change_url(obj):
    return reverse(f"admin:{name_of(type(obj))}_change", args=[obj.pk])


def posted_as_it_stands(boss, url, model):
    page = boss.get(url)
    assert page.status_code == 200
    return form_values(page.content.decode(), f"{model._meta.model_name}_form")


def preview(boss, model, url, values):
    return boss.post(url, {**values, f"{name_of(model)}_preview_effect": "1"})


def snapshot():
    """Every row of every table of ours, with the transaction that wrote it."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^(inv|chan|core)'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT xmin::text, t::text FROM public.{table} t ORDER BY 2")
            found[table] = cursor.fetchall()
    return found


def numbers():
    return dict(ShopQuantity.objects.values_list("shop__code", "quantity"))


def links_of(world):
    return world.supply.links.get()


def edited(boss, obj, changes):
    values = posted_as_it_stands(boss, change_url(obj), type(obj))
    assert all(name in values or value for name, value in changes.items()), "the form lacks a field"
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


def layer(effect, name):
    return next(each for each in effect.layers if each.layer == name)
