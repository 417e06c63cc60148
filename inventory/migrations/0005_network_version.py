from django.db import migrations

# A deferred trigger runs as the last thing before a commit: the one row is locked for a moment only, and whoever
# reads a token reads the network that it stands for. TRUNCATE knows no deferred triggers.
FORWARD = """
CREATE FUNCTION inventory_note_network_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Once per transaction is enough, however many rows it has changed.
    UPDATE inventory_networkversion SET token = gen_random_uuid()
    WHERE id = 1 AND xmin::text <> (pg_current_xact_id()::text::numeric % 4294967296)::text;
    IF NOT FOUND THEN
        INSERT INTO inventory_networkversion (id, token) VALUES (1, gen_random_uuid()) ON CONFLICT (id) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
INSERT INTO inventory_networkversion (id, token) VALUES (1, gen_random_uuid());
"""
TRIGGERS = """
CREATE CONSTRAINT TRIGGER network_changed AFTER INSERT OR DELETE OR UPDATE{columns} ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_note_network_change();
CREATE TRIGGER network_emptied AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_network_change();
"""
# The columns matter where others change all day.
TABLES = {
    "inventory_warehouse": "",
    "inventory_functionalwarehouse": "",
    "inventory_supply": "",
    "inventory_supplylink": "",
    "inventory_linkoverride": "",
    "inventory_pool": " OF code, active, starts_at, ends_at, mode, scarcity_at",
    "inventory_pool_supplies": "",
    "inventory_category": " OF code, parent_id",
}
BACKWARD = """
DROP FUNCTION inventory_note_network_change() CASCADE;
DELETE FROM inventory_networkversion;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_holds_of_reservations")]

    operations = [
        migrations.RunSQL(
            FORWARD + "".join(TRIGGERS.format(table=table, columns=of) for table, of in TABLES.items()), BACKWARD
        )
    ]
