from django.db import migrations

FORWARD = """
CREATE VIEW inventory_waitingsku AS
SELECT sku_id, sum(generation)::bigint AS generation, min(marked_at) AS marked_at, max(leased_until) AS leased_until
FROM (
    SELECT sku_id, generation, marked_at, leased_until FROM inventory_dirtysku
    UNION ALL
    SELECT unnest(sku_ids), 1, marked_at, NULL FROM inventory_dirtybatch
) AS marks
GROUP BY sku_id;

CREATE FUNCTION inventory_note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Once per transaction is enough, however many rows it has changed.
    UPDATE inventory_catalogueversion SET token = gen_random_uuid()
    WHERE id = 1 AND xmin::text <> (pg_current_xact_id()::text::numeric % 4294967296)::text;
    IF NOT FOUND THEN
        INSERT INTO inventory_catalogueversion (id, token) VALUES (1, gen_random_uuid()) ON CONFLICT (id) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
INSERT INTO inventory_catalogueversion (id, token) VALUES (1, gen_random_uuid());

-- As with the network, the token is renewed as the last thing before a commit.
CREATE CONSTRAINT TRIGGER catalogue_changed AFTER UPDATE ON inventory_sku
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.code IS DISTINCT FROM NEW.code OR OLD.category_id IS DISTINCT FROM NEW.category_id)
    EXECUTE FUNCTION inventory_note_catalogue_change();
CREATE CONSTRAINT TRIGGER catalogue_shrunk AFTER DELETE ON inventory_sku
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_note_catalogue_change();
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON inventory_sku
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_catalogue_change();
CREATE CONSTRAINT TRIGGER catalogue_changed AFTER INSERT OR DELETE OR UPDATE ON inventory_bundlecomponent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_note_catalogue_change();
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON inventory_bundlecomponent
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_catalogue_change();
"""
BACKWARD = """
DROP FUNCTION inventory_note_catalogue_change() CASCADE;
DELETE FROM inventory_catalogueversion;
DROP VIEW inventory_waitingsku;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_marks_in_batches")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
