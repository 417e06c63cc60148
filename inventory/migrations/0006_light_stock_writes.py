import django.db.models.deletion
from django.db import migrations, models

# Room on every page for the next version of its rows: an update then touches no index at all.
FORWARD = "ALTER TABLE inventory_stockrow SET (fillfactor = 80)"
BACKWARD = "ALTER TABLE inventory_stockrow RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_stock_permissions")]

    operations = [
        migrations.AlterField(
            model_name="stockrow",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="updated"),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="sku",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.sku", verbose_name="SKU"),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="functional",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.functionalwarehouse", verbose_name="functional warehouse"),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="counterpart",
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.functionalwarehouse", verbose_name="counterpart"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
