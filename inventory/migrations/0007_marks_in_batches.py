import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0006_unchecked_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitingSku",
            fields=[
                (
                    "sku",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory.sku",
                        verbose_name="SKU",
                    ),
                ),
                ("generation", models.PositiveBigIntegerField(verbose_name="changes")),
                ("marked_at", models.DateTimeField(verbose_name="waiting since")),
                ("leased_until", models.DateTimeField(null=True, verbose_name="leased until")),
            ],
            options={
                "verbose_name": "dirty SKU",
                "verbose_name_plural": "dirty SKUs",
                "db_table": "inventory_waitingsku",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CatalogueVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField()),
            ],
            options={
                "verbose_name": "version of the catalogue",
                "verbose_name_plural": "version of the catalogue",
            },
        ),
        migrations.CreateModel(
            name="DirtyBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sku_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="SKUs"
                    ),
                ),
                ("marked_at", models.DateTimeField(auto_now_add=True, verbose_name="waiting since")),
            ],
            options={
                "verbose_name": "SKUs of a sale to be computed",
                "verbose_name_plural": "SKUs of sales to be computed",
            },
        ),
    ]
