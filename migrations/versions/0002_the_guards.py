"""What the database itself refuses: changes without an entry, and any change to the log.

Four nets lie under the access log; this is the fourth. The app's role cannot put it aside.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A commit that changed one of these and appended no entry is refused.
GUARDED = (
    "approaches", "assurances", "attachments", "break_glasses", "case_keys", "cases", "check_ins", "claims",
    "clearances", "codings", "conflicts", "consents", "contact_channels", "custody_events", "devices", "drafts",
    "envelopes", "erasures", "escalation_steps", "escalations", "exposure_events", "grants", "handoffs", "holds",
    "identity_claims", "identity_documents", "index_keys", "inquiries", "inquiry_entries", "interpreters",
    "justifications", "kept_filters", "keyholders", "known_marks", "log_checks", "look_ups", "memberships",
    "mention_ties", "mentions", "mitigation_assessments", "mitigation_factors", "mitigation_steps", "needs",
    "paper_sessions", "persons", "prior_accounts", "proposals", "protocol_answers", "protocols", "public_keys",
    "public_reports", "read_backs", "recovery_codes", "rescues", "residences", "retention_choices", "role_holdings",
    "safety_answers", "same_person_findings", "second_readings", "security_keys", "segment_versions", "segments",
    "services", "session_events", "share_marks", "shifts", "step_ups", "submission_files", "submissions",
    "takeover_cases", "takeovers", "terms_of_use", "testimonies", "threat_assessments", "undertakings",
    "use_restrictions", "users", "visits", "witness_keys",
)  # fmt: skip
UNGUARDED_APP = ("combinations", "jobs", "kept_answers", "sign_ins", "throttles")
APPEND_ONLY = ("entries", "entry_bodies", "entry_subjects", "places", "checkpoints")
# What was published stays as it is, whoever asks: answers stand under it. So does what somebody has signed.
PUBLISHED = ("protocols", "undertakings")

REQUIRE_ENTRY = """
CREATE FUNCTION require_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- The transaction id of an entry is filled by the server and cannot be written by the app.
    IF NOT EXISTS (SELECT FROM entries WHERE tx = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change without an entry' USING ERRCODE = 'AM001';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION require_entry() FROM PUBLIC;
"""

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- Bodies may go at the end of their term, by the role that does nothing else.
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'entry_bodies' AND session_user = 'amana_eraser' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'AM002';
END $$;
REVOKE ALL ON FUNCTION refuse_change() FROM PUBLIC;
"""

# Numbers per case without gap: taken under the counter's row lock, given back by a rollback,
# and a number that was taken must have been used when the transaction commits.
SUBJECT_SEQ = """
CREATE FUNCTION take_subject_seq(wanted uuid) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO subject_counters (case_id, last) VALUES (wanted, 1)
    ON CONFLICT (case_id) DO UPDATE SET last = subject_counters.last + 1
    RETURNING last;
$$;
REVOKE ALL ON FUNCTION take_subject_seq(uuid) FROM PUBLIC;

CREATE FUNCTION number_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT last FROM subject_counters WHERE case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'an entry out of order' USING ERRCODE = 'AM003';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION number_follows() FROM PUBLIC;

CREATE FUNCTION number_used() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM entry_subjects WHERE case_id = NEW.case_id AND seq = NEW.last) THEN
        RAISE EXCEPTION 'a number that was taken and not used' USING ERRCODE = 'AM003';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION number_used() FROM PUBLIC;

CREATE TRIGGER number_follows BEFORE INSERT ON entry_subjects
    FOR EACH ROW EXECUTE FUNCTION number_follows();
CREATE CONSTRAINT TRIGGER number_used AFTER INSERT OR UPDATE ON subject_counters
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION number_used();
"""

# The portal's host is the one most likely to be seized. With its role nobody may add an escrow
# key that new cases would be sealed to, a team's key, or an entry in somebody else's name.
PORTAL = """
CREATE FUNCTION portal_adds_witnesses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF session_user = 'amana_portal' AND (
        (TG_TABLE_NAME = 'keyholders' AND to_jsonb(NEW) ->> 'kind' IS DISTINCT FROM 'witness')
        OR (TG_TABLE_NAME = 'public_keys' AND NOT EXISTS (
            SELECT FROM keyholders k
             WHERE k.id = (to_jsonb(NEW) ->> 'keyholder_id')::uuid AND k.kind = 'witness'))
        OR (TG_TABLE_NAME = 'entry_bodies' AND (
            to_jsonb(NEW) -> 'view' ->> 'host' = 'portal'
            AND to_jsonb(NEW) -> 'view' ->> 'actor' IN ('anonymous', 'witness')
            -- It knows no case, so it may take no case's number.
            AND to_jsonb(NEW) -> 'view' -> 'subjects' = '[]'::jsonb) IS NOT TRUE)
        -- A file comes with its submission, in one transaction: nothing is added to older ones.
        OR (TG_TABLE_NAME = 'submission_files' AND NOT EXISTS (
            SELECT FROM submissions s
             WHERE s.id = (to_jsonb(NEW) ->> 'submission_id')::uuid
               AND s.envelope_id = (to_jsonb(NEW) ->> 'envelope_id')::uuid
               AND s.xmin = pg_current_xact_id()::xid))
    ) THEN
        RAISE EXCEPTION 'not for the portal' USING ERRCODE = 'AM004';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION portal_adds_witnesses() FROM PUBLIC;
"""
# What a receipt's holder is told of the log, and the portal's role through it alone: whoever asks shows what only
# the receipt leads to, so a seized portal learns nothing of those who do not come back to it.
LOOKS_AT = """
CREATE FUNCTION looks_at(token bytea, skipped integer, most integer)
RETURNS TABLE (day text, roles jsonb, action text, operation text, why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH mine AS (
        SELECT s.id FROM witness_keys w
          JOIN envelopes e ON e.witness_id = w.keyholder_id
          JOIN submissions s ON s.envelope_id = e.id
         WHERE w.looking_hash = sha256(token)
    ), sent AS (
        SELECT id FROM mine UNION ALL SELECT f.id FROM submission_files f JOIN mine ON mine.id = f.submission_id
    ), found AS (
        SELECT b.entry, b.view FROM sent JOIN entry_bodies b ON b.view #>> '{rows,0}' = sent.id::text
         WHERE b.view ->> 'action' IN ('submission.open', 'submission.open_file')
        UNION ALL
        SELECT b.entry, b.view FROM mine
          JOIN prior_accounts p ON p.submission_id = mine.id
          JOIN entry_subjects es ON es.case_id = p.case_id
          JOIN entry_bodies b ON b.entry = es.entry
    )
    SELECT left(view ->> 'at', 10), view -> 'roles', view ->> 'action', view ->> 'operation',
           coalesce(view ->> 'justification', '')
      FROM found
     WHERE view ->> 'operation' IN ('consult', 'combine', 'disclose') AND view ->> 'outcome' = 'done'
     ORDER BY entry DESC OFFSET skipped LIMIT most
$$;
REVOKE ALL ON FUNCTION looks_at(bytea, integer, integer) FROM PUBLIC;
"""
# An entry without its body could not be told from one that was erased at its term.
BODY = """
CREATE FUNCTION body_fits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM entry_bodies b WHERE b.entry = NEW.id AND sha256(b.salt || b.body) = NEW.commitment
    ) THEN
        RAISE EXCEPTION 'an entry without its body' USING ERRCODE = 'AM005';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION body_fits() FROM PUBLIC;
"""
# A grant is revoked and stays; only with its case it goes. What was destroyed stays so.
ENDS = """
CREATE FUNCTION goes_with_its_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM cases WHERE id = OLD.case_id AND state = 'DESTROYED') THEN
        RAISE EXCEPTION 'a grant of a case that stands' USING ERRCODE = 'AM006';
    END IF;
    RETURN OLD;
END $$;
REVOKE ALL ON FUNCTION goes_with_its_case() FROM PUBLIC;

CREATE FUNCTION stays_destroyed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a case that was destroyed' USING ERRCODE = 'AM006';
END $$;
REVOKE ALL ON FUNCTION stays_destroyed() FROM PUBLIC;

CREATE TRIGGER goes_with_its_case BEFORE DELETE ON grants
    FOR EACH ROW EXECUTE FUNCTION goes_with_its_case();
CREATE TRIGGER stays_destroyed BEFORE UPDATE ON cases
    FOR EACH ROW WHEN (OLD.state = 'DESTROYED') EXECUTE FUNCTION stays_destroyed();
"""
PORTAL_TABLES = ("keyholders", "public_keys", "entry_bodies", "submission_files")


def upgrade() -> None:
    op.execute(REQUIRE_ENTRY)
    op.execute(REFUSE)
    op.execute(SUBJECT_SEQ)
    op.execute(PORTAL)
    op.execute(LOOKS_AT)
    op.execute(ENDS)
    for table in PORTAL_TABLES:
        op.execute(
            f"CREATE TRIGGER portal_adds_witnesses BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION portal_adds_witnesses()"
        )
    op.execute("CREATE UNIQUE INDEX one_escrow ON keyholders ((kind)) WHERE kind = 'escrow' AND ended_at IS NULL")
    # What is searched is what was committed to.
    op.execute(
        "ALTER TABLE entry_bodies ADD CONSTRAINT ck_entry_bodies_view CHECK (convert_from(body, 'UTF8')::jsonb = view)"
    )
    for table in GUARDED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER require_entry AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_entry()"
        )
    for table in (*APPEND_ONLY, *PUBLISHED):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _hardened()
    _rights()


def _hardened() -> None:
    op.execute("ALTER TABLE entries ADD CONSTRAINT ck_entries_length CHECK (octet_length(commitment) = 32)")
    op.execute("ALTER TABLE entry_bodies ADD CONSTRAINT ck_entry_bodies_salt CHECK (octet_length(salt) = 16)")
    op.execute(BODY)
    op.execute(
        "CREATE CONSTRAINT TRIGGER body_fits AFTER INSERT ON entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION body_fits()"
    )
    # One person a rung at any time: whatever two who write the rota at one moment have each found free.
    op.execute(
        "ALTER TABLE shifts ADD CONSTRAINT ex_shifts_rung EXCLUDE USING gist "
        "(int4range(rung, rung, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)"
    )
    # Each door finds only its own kept answers: the portal's role could else read and rewrite staff's.
    op.execute("ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY staff ON kept_answers TO amana_app USING (true) WITH CHECK (true)")
    op.execute(
        "CREATE POLICY portal ON kept_answers TO amana_portal USING (host = 'portal') WITH CHECK (host = 'portal')"
    )


def _rights() -> None:
    every = ", ".join((*GUARDED, *UNGUARDED_APP))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {every} TO amana_app")
    # With the case it belongs to: see ``ENDS``.
    op.execute("GRANT DELETE ON grants TO amana_app")
    # Nobody changes a public key in place: new seals would go to whoever did.
    op.execute("REVOKE UPDATE ON public_keys FROM amana_app")
    op.execute(f"REVOKE UPDATE ON {', '.join(PUBLISHED)} FROM amana_app")
    op.execute("GRANT SELECT ON entries, entry_bodies, entry_subjects, places, checkpoints TO amana_app")
    # Not the column ``tx``: only the server says in which transaction an entry was written.
    op.execute("GRANT INSERT (id, commitment) ON entries TO amana_app, amana_portal")
    op.execute("GRANT INSERT ON entry_bodies, entry_subjects TO amana_app")
    op.execute("GRANT EXECUTE ON FUNCTION take_subject_seq(uuid) TO amana_app")

    op.execute("GRANT INSERT ON entry_bodies TO amana_portal")
    op.execute("GRANT EXECUTE ON FUNCTION looks_at(bytea, integer, integer) TO amana_portal")
    op.execute(
        "GRANT SELECT, INSERT ON keyholders, public_keys, witness_keys, envelopes, submissions, "
        "submission_files, kept_answers TO amana_portal"
    )
    op.execute("GRANT UPDATE (answer) ON kept_answers TO amana_portal")

    op.execute("GRANT SELECT ON entries, places, checkpoints TO amana_sequencer")
    op.execute("GRANT INSERT ON places, checkpoints TO amana_sequencer")
    op.execute("GRANT SELECT, DELETE ON entry_bodies TO amana_eraser")
    op.execute("GRANT SELECT ON entries, entry_bodies, entry_subjects, places, checkpoints TO amana_auditor")


def downgrade() -> None:
    for role in ("app", "portal", "sequencer", "eraser", "auditor"):
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM amana_{role}")
        op.execute(f"REVOKE ALL ON FUNCTION take_subject_seq(uuid) FROM amana_{role}")
    op.execute("DROP FUNCTION looks_at(bytea, integer, integer)")
    for table in (*APPEND_ONLY, *PUBLISHED):
        op.execute(f"DROP TRIGGER refuse_change ON {table}")
        op.execute(f"DROP TRIGGER refuse_truncate ON {table}")
    for table in GUARDED:
        op.execute(f"DROP TRIGGER require_entry ON {table}")
    for table in PORTAL_TABLES:
        op.execute(f"DROP TRIGGER portal_adds_witnesses ON {table}")
    op.execute("DROP FUNCTION portal_adds_witnesses()")
    op.execute("DROP TRIGGER goes_with_its_case ON grants")
    op.execute("DROP TRIGGER stays_destroyed ON cases")
    op.execute("DROP FUNCTION goes_with_its_case()")
    op.execute("DROP FUNCTION stays_destroyed()")
    op.execute("DROP INDEX one_escrow")
    op.execute("DROP TRIGGER body_fits ON entries")
    op.execute("DROP FUNCTION body_fits()")
    op.execute("ALTER TABLE shifts DROP CONSTRAINT ex_shifts_rung")
    op.execute("ALTER TABLE entries DROP CONSTRAINT ck_entries_length")
    op.execute("ALTER TABLE entry_bodies DROP CONSTRAINT ck_entry_bodies_salt")
    op.execute("DROP POLICY staff ON kept_answers")
    op.execute("DROP POLICY portal ON kept_answers")
    op.execute("ALTER TABLE kept_answers DISABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE entry_bodies DROP CONSTRAINT ck_entry_bodies_view")
    op.execute("DROP TRIGGER number_follows ON entry_subjects")
    op.execute("DROP TRIGGER number_used ON subject_counters")
    for function in (
        "number_used()",
        "number_follows()",
        "take_subject_seq(uuid)",
        "refuse_change()",
        "require_entry()",
    ):
        op.execute(f"DROP FUNCTION {function}")
