from django.db import migrations

GUARDS = """
CREATE FUNCTION strategies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only a database that says of itself that it may be emptied (a test or a throw-away one) can be truncated.
    IF TG_OP = 'TRUNCATE' AND current_setting('onepool.disposable', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'What was decided by strategies is kept: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER strategy_event_no_change BEFORE UPDATE OR DELETE ON strategies_strategyevent
    FOR EACH ROW EXECUTE FUNCTION strategies_refuse_change();
CREATE TRIGGER strategy_event_no_truncate BEFORE TRUNCATE ON strategies_strategyevent
    FOR EACH STATEMENT EXECUTE FUNCTION strategies_refuse_change();
CREATE TRIGGER strategy_version_no_delete BEFORE DELETE ON strategies_strategyversion
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION strategies_refuse_change();
CREATE TRIGGER strategy_version_no_truncate BEFORE TRUNCATE ON strategies_strategyversion
    FOR EACH STATEMENT EXECUTE FUNCTION strategies_refuse_change();
CREATE TRIGGER strategy_version_no_change BEFORE UPDATE ON strategies_strategyversion
    FOR EACH ROW WHEN (
        (OLD.id, OLD.strategy_id, OLD.number, OLD.conditions, OLD.action, OLD.note, OLD.author, OLD.created_at)
            IS DISTINCT FROM
        (NEW.id, NEW.strategy_id, NEW.number, NEW.conditions, NEW.action, NEW.note, NEW.author, NEW.created_at)
        OR (OLD.state, NEW.state) NOT IN (
            ('draft', 'draft'), ('draft', 'published'), ('published', 'published'), ('published', 'retired'),
            ('retired', 'retired'))
        OR OLD.state <> 'draft' AND (OLD.published_at, OLD.published_by) IS DISTINCT FROM
            (NEW.published_at, NEW.published_by)
        OR OLD.state = 'retired' AND (OLD.retired_at, OLD.retired_by) IS DISTINCT FROM (NEW.retired_at, NEW.retired_by)
    ) EXECUTE FUNCTION strategies_refuse_change();
"""
# At once and not at the commit: whoever publishes holds the row anyway, and reads the rules again before committing.
TOKENS = """
CREATE FUNCTION strategies_renew_token() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed varchar;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE strategies_strategytoken SET token = gen_random_uuid();
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'strategies_strategy' THEN
        changed := NEW.kind;
    ELSE
        SELECT kind INTO changed FROM strategies_strategy
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.strategy_id ELSE NEW.strategy_id END;
    END IF;
    INSERT INTO strategies_strategytoken (kind, token, judged_at)
    VALUES (changed, gen_random_uuid(), clock_timestamp())
    ON CONFLICT (kind) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;
CREATE TRIGGER rules_changed AFTER UPDATE ON strategies_strategy FOR EACH ROW
    WHEN ((OLD.position, OLD.code, OLD.name) IS DISTINCT FROM (NEW.position, NEW.code, NEW.name))
    EXECUTE FUNCTION strategies_renew_token();
CREATE TRIGGER rules_added AFTER INSERT ON strategies_strategyversion FOR EACH ROW
    WHEN (NEW.state = 'published' OR NEW.publish_at IS NOT NULL)
    EXECUTE FUNCTION strategies_renew_token();
CREATE TRIGGER rules_changed AFTER UPDATE ON strategies_strategyversion FOR EACH ROW
    WHEN ((OLD.state, OLD.publish_at) IS DISTINCT FROM (NEW.state, NEW.publish_at))
    EXECUTE FUNCTION strategies_renew_token();
CREATE TRIGGER rules_removed AFTER DELETE ON strategies_strategyversion FOR EACH ROW
    WHEN (OLD.publish_at IS NOT NULL)
    EXECUTE FUNCTION strategies_renew_token();
CREATE TRIGGER rules_emptied AFTER TRUNCATE ON strategies_strategyversion
    FOR EACH STATEMENT EXECUTE FUNCTION strategies_renew_token();
"""
BACKWARD = """
DROP FUNCTION strategies_renew_token() CASCADE;
DROP FUNCTION strategies_refuse_change() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("strategies", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS + TOKENS, BACKWARD)]
