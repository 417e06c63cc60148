from django.db import migrations

# Nobody computes what is gone, so nobody else would close the record of what was decided about it.
FORWARD = """
CREATE FUNCTION channels_close_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'inventory_sku' THEN
        UPDATE channels_decision SET until = statement_timestamp()
        WHERE kind = TG_ARGV[0] AND until IS NULL AND sku_id IN (SELECT id FROM gone);
    ELSE
        UPDATE channels_decision SET until = statement_timestamp()
        WHERE kind = TG_ARGV[0] AND until IS NULL AND place_id IN (SELECT id FROM gone);
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER decisions_end AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION channels_close_decisions('{kind}');
"""
GONE = """
UPDATE channels_decision SET until = statement_timestamp()
WHERE kind = '{kind}' AND until IS NULL AND {column} NOT IN (SELECT id FROM {table});
"""
TABLES = [
    ("inventory_sku", "allocation", "sku_id"),
    ("inventory_pool", "allocation", "place_id"),
    ("channels_listing", "sync", "place_id"),
]
BACKWARD = "DROP FUNCTION channels_close_decisions() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("channels", "0009_rules_are_network"), ("inventory", "0009_demand_mode")]

    operations = [
        migrations.RunSQL(
            FORWARD
            + "".join(TRIGGER.format(table=table, kind=kind) for table, kind, _column in TABLES)
            + "".join(GONE.format(table=table, kind=kind, column=column) for table, kind, column in TABLES),
            BACKWARD,
        )
    ]
