from django.db import migrations
from django.utils.translation import gettext_noop

# Names are stored in English and translated when shown; a status that a user adds shows as it was typed.
STATUSES = [
    ("good", gettext_noop("Good"), True),
    ("defective", gettext_noop("Defective"), False),
    ("inspection", gettext_noop("Inspection"), False),
    ("staging", gettext_noop("Staging"), True),
]


def add_statuses(apps, schema_editor):
    status = apps.get_model("inventory", "GoodsStatus")
    for code, name, sellable in STATUSES:
        status.objects.get_or_create(code=code, defaults={"name": name, "sellable": sellable})


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_ledger_append_only")]

    operations = [migrations.RunPython(add_statuses, migrations.RunPython.noop)]
