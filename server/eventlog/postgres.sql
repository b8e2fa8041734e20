-- The log's schema on PostgreSQL, version 1. Read by postgres.py when a database has none yet.
-- COLLATE "C": as every other log, this one sorts text by its code points.

CREATE TABLE events (
    seq bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    actor text,
    command text,
    correlation text,
    causation text,
    hash bytea NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE topics (topic text PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE answers (
    actor text COLLATE "C" NOT NULL,
    command text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    body bytea NOT NULL,
    is_refusal boolean NOT NULL,
    at bigint NOT NULL,
    squad text,
    n bigint,
    q bigint,
    PRIMARY KEY (actor, command)
);
CREATE INDEX answers_idle ON answers (at) WHERE q IS NULL;
CREATE TABLE claims (
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    owner text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX claims_by_owner ON claims (owner) WHERE kind IN ('guest', 'handle');
CREATE TABLE timers (
    stream text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    due_at bigint NOT NULL,
    PRIMARY KEY (stream, key)
);
CREATE INDEX timers_by_due_at ON timers (due_at);
CREATE TABLE positions (name text PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE links (
    player text PRIMARY KEY,
    key text NOT NULL UNIQUE,
    sign_in text NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE endings (
    player text COLLATE "C" NOT NULL,
    sign_in text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (player, sign_in)
);
CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);

-- A number as msgpack has it: what `hash_of` (log.py) covers of an event's `seq`.
CREATE FUNCTION packed(number bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE
        WHEN number < 128 THEN substr(int8send(number), 8)
        WHEN number < 256 THEN '\xcc'::bytea || substr(int8send(number), 8)
        WHEN number < 65536 THEN '\xcd'::bytea || substr(int8send(number), 7)
        WHEN number < 4294967296 THEN '\xce'::bytea || substr(int8send(number), 5)
        ELSE '\xcf'::bytea || int8send(number)
    END
$$;

-- Writes a batch after all that is there, and returns the `seq` before it. One statement, so one
-- round trip and one transaction; and since the server runs it to its end, no client that dies or
-- is stopped can keep the others from writing.
--
-- The lock is held until the commit can be seen by all: `seq` is the order of commits without a
-- gap, and whoever has read up to one has missed none before it. It is named by this very table.
--
-- Arguments are columns. `e_rest` is an event's msgpack behind its `seq`; `r_turn` and `c_turn` say
-- how many changes of the same claim come before, so that each turn's may be made all at once.
CREATE FUNCTION append(
    e_stream text[], e_version bigint[], e_topic text[], e_state bytea[], e_actor text[],
    e_command text[], e_correlation text[], e_causation text[], e_rest bytea[],
    a_actor text[], a_command text[], a_digest bytea[], a_body bytea[], a_refusal bigint[],
    a_at bigint[], a_squad text[], a_n bigint[], a_last bigint[],
    r_turn bigint[], r_kind text[], r_key text[],
    c_turn bigint[], c_kind text[], c_key text[], c_owner text[], c_at bigint[],
    t_stream text[], t_key text[], t_due_at bigint[],
    p_name text[], p_seq bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    chain bytea;
    hashes bytea[] := '{}';
BEGIN
    -- What hangs on no number comes first, so that writers are at it at the same time. It comes in
    -- the order of its keys, so that two of them do not wait for each other.
    FOR one IN 0 .. coalesce(
        greatest((SELECT max(t) FROM unnest(r_turn) t), (SELECT max(t) FROM unnest(c_turn) t)), -1
    ) LOOP
        DELETE FROM claims USING unnest(r_turn, r_kind, r_key) AS r (turn, kind, key)
            WHERE r.turn = one AND claims.kind = r.kind AND claims.key = r.key;
        INSERT INTO claims
            SELECT kind, key, owner, at
            FROM unnest(c_turn, c_kind, c_key, c_owner, c_at) AS c (turn, kind, key, owner, at)
            WHERE turn = one ORDER BY kind COLLATE "C", key COLLATE "C";
    END LOOP;
    IF cardinality(t_stream) > 0 THEN
        DELETE FROM timers USING unnest(t_stream, t_key, t_due_at) AS t (stream, key, due_at)
            WHERE t.due_at IS NULL AND timers.stream = t.stream AND timers.key = t.key;
        INSERT INTO timers
            SELECT stream, key, due_at FROM unnest(t_stream, t_key, t_due_at) AS t (stream, key, due_at)
            WHERE due_at IS NOT NULL ORDER BY stream COLLATE "C", key COLLATE "C"
            ON CONFLICT (stream, key) DO UPDATE SET due_at = excluded.due_at;
    END IF;

    PERFORM pg_advisory_xact_lock('events'::regclass::oid::bigint);
    SELECT seq, hash INTO before, chain FROM events ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        before := 0;
        chain := '\x00000000000000000000000000000000';
    END IF;
    IF cardinality(e_stream) > 0 THEN
        FOR i IN 1 .. cardinality(e_stream) LOOP
            chain := substr(sha256(chain || '\x97'::bytea || packed(before + i) || e_rest[i]), 1, 16);
            hashes[i] := chain;
        END LOOP;
        INSERT INTO events
            SELECT before + i, stream, version, topic, state, actor, command, correlation,
                causation, hash
            FROM unnest(
                e_stream, e_version, e_topic, e_state, e_actor, e_command, e_correlation,
                e_causation, hashes
            ) WITH ORDINALITY AS e (
                stream, version, topic, state, actor, command, correlation, causation, hash, i
            );
        INSERT INTO topics
            SELECT topic, before + min(i) FROM unnest(e_topic) WITH ORDINALITY AS e (topic, i)
            GROUP BY topic
            ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(a_actor) > 0 THEN
        INSERT INTO answers
            SELECT actor, command, digest, body, refusal = 1, at, squad, n, before + 1 + last
            FROM unnest(
                a_actor, a_command, a_digest, a_body, a_refusal, a_at, a_squad, a_n, a_last
            ) AS a (actor, command, digest, body, refusal, at, squad, n, last);
    END IF;
    IF cardinality(p_name) > 0 THEN
        INSERT INTO positions SELECT * FROM unnest(p_name, p_seq)
            ON CONFLICT (name) DO UPDATE SET seq = greatest(positions.seq, excluded.seq);
    END IF;
    -- A batch that changed nothing is a trial: it writes and waits for the disk all the same.
    IF pg_current_xact_id_if_assigned() IS NULL THEN
        INSERT INTO positions VALUES ('', 0);
        DELETE FROM positions WHERE name = '';
    END IF;
    RETURN before;
END
$$;
