from django.db import migrations

TRIGGERS = """
CREATE CONSTRAINT TRIGGER network_changed AFTER INSERT OR DELETE OR UPDATE{columns} ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_note_network_change();
CREATE TRIGGER network_emptied AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_network_change();
"""
# A shop's row also carries the publisher's lease, which changes all day.
TABLES = {"channels_shop": " OF code, active", "channels_share": ""}
BACKWARD = """
DROP TRIGGER network_changed ON {table};
DROP TRIGGER network_emptied ON {table};
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_reservations"), ("inventory", "0005_network_version")]

    operations = [
        migrations.RunSQL(
            "".join(TRIGGERS.format(table=table, columns=of) for table, of in TABLES.items()),
            "".join(BACKWARD.format(table=table) for table in TABLES),
        )
    ]
