from django.db import migrations

FORWARD = """
CREATE FUNCTION inventory_refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only a database that says of itself that it may be emptied (a test or a throw-away one) can be truncated.
    IF TG_OP = 'TRUNCATE' AND current_setting('onepool.disposable', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: % is refused. Post a correcting entry instead.', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON inventory_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_ledger_change();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON inventory_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_refuse_ledger_change();
-- Room on every page for the next version of its rows: an update then touches no index at all.
ALTER TABLE inventory_stockrow SET (fillfactor = 80);
"""
BACKWARD = """
ALTER TABLE inventory_stockrow RESET (fillfactor);
DROP TRIGGER ledger_no_change ON inventory_ledgerentry;
DROP TRIGGER ledger_no_truncate ON inventory_ledgerentry;
DROP FUNCTION inventory_refuse_ledger_change();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
