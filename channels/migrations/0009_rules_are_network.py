from django.db import migrations

# Processes keep the rules of allocation with the network: new rules are a new network to them.
TRIGGERS = """
CREATE CONSTRAINT TRIGGER network_changed AFTER INSERT OR UPDATE OF token ON strategies_strategytoken
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'allocation')
    EXECUTE FUNCTION inventory_note_network_change();
CREATE TRIGGER network_emptied AFTER TRUNCATE ON strategies_strategytoken
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_network_change();
"""
BACKWARD = """
DROP TRIGGER network_changed ON strategies_strategytoken;
DROP TRIGGER network_emptied ON strategies_strategytoken;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0008_decisions"),
        ("inventory", "0005_network_version"),
        ("strategies", "0002_guards"),
    ]

    operations = [migrations.RunSQL(TRIGGERS, BACKWARD)]
