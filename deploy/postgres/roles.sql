-- The six database roles of Amana and the database they share.
--
-- Run once by whoever keeps the server, and again after an upgrade; it may be repeated:
--     psql -X -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql postgres
-- The embedded PostgreSQL is prepared with this same file.
--
-- No password is set here, so none lies in a file or a history. Give each role its own:
--     psql -c '\password amana_app'
--
--   amana_owner      owns the tables, runs migrations; never serves a request
--   amana_app        staff pages, the interface for programs, the worker's ordinary work
--   amana_portal     the witness's door: may add, and read what a receipt opens
--   amana_sequencer  gives entries their place in the tree
--   amana_eraser     deletes what has reached its term
--   amana_auditor    reads the log

\set ON_ERROR_STOP on
SET client_min_messages = warning;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['amana_owner', 'amana_app', 'amana_portal',
                                  'amana_sequencer', 'amana_eraser', 'amana_auditor']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE '
                           'NOREPLICATION NOBYPASSRLS NOINHERIT', wanted);
        END IF;
    END LOOP;

    -- A role that was there before is not trusted to be as narrow as ours.
    SELECT string_agg(rolname, ', ') INTO wanted FROM pg_roles
     WHERE rolname LIKE 'amana\_%' AND rolname <> 'amana_cluster'
       AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls);
    IF wanted IS NOT NULL THEN
        RAISE EXCEPTION 'these roles hold more than they may: %', wanted;
    END IF;
END
$$;

-- A forgotten lock or a runaway statement must not stop intake: each role has its own patience.
-- Migrations and long verifications take the time they need, but queue behind nobody for long.
ALTER ROLE amana_owner     SET lock_timeout = '10s';
ALTER ROLE amana_app       SET lock_timeout = '5s';
ALTER ROLE amana_portal    SET lock_timeout = '5s';
ALTER ROLE amana_sequencer SET lock_timeout = '5s';
ALTER ROLE amana_eraser    SET lock_timeout = '10s';
ALTER ROLE amana_auditor   SET lock_timeout = '5s';

ALTER ROLE amana_app       SET statement_timeout = '30s';
ALTER ROLE amana_portal    SET statement_timeout = '10s';
ALTER ROLE amana_sequencer SET statement_timeout = '30s';
ALTER ROLE amana_eraser    SET statement_timeout = '10min';
ALTER ROLE amana_auditor   SET statement_timeout = '2min';

ALTER ROLE amana_app       SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE amana_portal    SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE amana_sequencer SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE amana_eraser    SET idle_in_transaction_session_timeout = '10min';
ALTER ROLE amana_auditor   SET idle_in_transaction_session_timeout = '60s';

-- CREATE DATABASE cannot stand inside a block.
SELECT 'CREATE DATABASE amana OWNER amana_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'amana') \gexec

-- Whoever can connect by default can also keep things in temporary tables: neither is wanted.
REVOKE ALL ON DATABASE amana FROM PUBLIC;
GRANT CONNECT ON DATABASE amana
   TO amana_app, amana_portal, amana_sequencer, amana_eraser, amana_auditor;

\connect amana
SET client_min_messages = warning;

-- A role that may create in a schema on the search path can stand in for our functions.
ALTER SCHEMA public OWNER TO amana_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public
   TO amana_app, amana_portal, amana_sequencer, amana_eraser, amana_auditor;

-- The sequencer leads by an advisory lock. Any role could take it and stop the log without a
-- word, so only those who need such locks may ask for one.
DO $$
DECLARE
    named text;
BEGIN
    FOR named IN SELECT p.oid::regprocedure FROM pg_proc p
                  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^pg_(try_)?advisory_'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', named);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO amana_sequencer, amana_owner', named);
    END LOOP;
END
$$;

-- After a case was destroyed its keys lie on in old WAL files until a checkpoint lets go of them. The owner may
-- ask for that (`amana erase finish`) by this one function: it becomes no member of any role, and inherits nothing.
-- In a schema of its own, which is the superuser's and which no migration touches.
CREATE SCHEMA IF NOT EXISTS cluster;
REVOKE ALL ON SCHEMA cluster FROM PUBLIC;
GRANT USAGE ON SCHEMA cluster TO amana_owner;
CREATE OR REPLACE FUNCTION cluster.let_go_of_old_wal() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_switch_wal();
    CHECKPOINT;
END $$;
REVOKE ALL ON FUNCTION cluster.let_go_of_old_wal() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cluster.let_go_of_old_wal() TO amana_owner;
