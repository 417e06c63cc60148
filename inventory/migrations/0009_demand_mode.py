from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_waiting_skus")]

    operations = [
        migrations.AlterField(
            model_name="pool",
            name="mode",
            field=models.CharField(
                choices=[
                    ("shared", "Shared: each shop sees its ratio by itself"),
                    ("proportional", "Proportional: split by the ratios"),
                    ("priority", "Channel first: by priority, one after another"),
                    ("depth", "Stock depth first: by home supply, one after another"),
                    ("demand", "Demand: split by what the shops sell, so that all last as long"),
                ],
                default="shared",
                max_length=16,
                verbose_name="mode",
            ),
        ),
    ]
