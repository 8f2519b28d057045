-- Rows are appended and never changed, except in the small *_open tables. No keys and no indexes:
-- execution ids are UUIDv7, so zone maps find one execution among millions. Times are UTC.

CREATE TABLE process (
    process VARCHAR, role VARCHAR, pid BIGINT, host VARCHAR, version VARCHAR, started_at TIMESTAMP);

CREATE TABLE journal_offset (
    segment VARCHAR, byte_offset BIGINT, records BIGINT, updated_at TIMESTAMP);

CREATE TABLE dead_letter (
    segment VARCHAR, byte_offset BIGINT, content BLOB, reason VARCHAR, found_at TIMESTAMP);

CREATE TABLE definition (
    sha VARCHAR, kind VARCHAR, name VARCHAR, version VARCHAR, body VARCHAR, seen_at TIMESTAMP);

-- one row for each execution that has ended
CREATE TABLE execution (
    execution_id UUID, epoch BIGINT, status VARCHAR, name VARCHAR, version VARCHAR,
    definition_sha VARCHAR, trigger VARCHAR, process VARCHAR, runner VARCHAR,
    started_at TIMESTAMP, ended_at TIMESTAMP, inputs JSON, outputs JSON,
    failed_step VARCHAR, error_type VARCHAR, error VARCHAR,
    parent_id VARCHAR, retry_of VARCHAR, user_id VARCHAR, agent_id VARCHAR, tags JSON);

-- one row for each execution that has not
CREATE TABLE execution_open AS FROM execution LIMIT 0;

-- every change of an execution's status, in the order seen
CREATE TABLE execution_state (
    execution_id UUID, epoch BIGINT, changed_at TIMESTAMP, status VARCHAR, process VARCHAR,
    reason VARCHAR);

CREATE TABLE span (
    execution_id UUID, epoch BIGINT, span_id UBIGINT, parent_span UBIGINT, step VARCHAR,
    path BIGINT[], kind VARCHAR, name VARCHAR, status VARCHAR, attempt BIGINT,
    started_at TIMESTAMP, duration_ns BIGINT, inputs JSON, outputs JSON,
    error_type VARCHAR, error VARCHAR, process VARCHAR,
    provider VARCHAR, model VARCHAR, tokens_in BIGINT, tokens_out BIGINT, tokens_cached BIGINT,
    cost_usd DOUBLE, attributes JSON);

CREATE TABLE intent (
    execution_id UUID, epoch BIGINT, step VARCHAR, path BIGINT[], key VARCHAR,
    intended_at TIMESTAMP, attempt BIGINT);

CREATE TABLE decision (
    execution_id UUID, epoch BIGINT, step VARCHAR, path BIGINT[], what VARCHAR, value VARCHAR,
    decided_at TIMESTAMP);

CREATE TABLE wait (
    execution_id UUID, epoch BIGINT, step VARCHAR, path BIGINT[], event VARCHAR, key VARCHAR,
    deadline TIMESTAMP, waiting_since TIMESTAMP, question VARCHAR, choices VARCHAR[]);

CREATE TABLE wait_open AS FROM wait LIMIT 0;

CREATE TABLE event (
    event_id VARCHAR, event VARCHAR, key VARCHAR, payload JSON, arrived_at TIMESTAMP,
    source VARCHAR, raw BLOB);  -- msgpack of the payload, where JSON cannot give it back

CREATE TABLE log (
    execution_id VARCHAR, span_id UBIGINT, logged_at TIMESTAMP, kind VARCHAR, level VARCHAR,
    text VARCHAR, fields JSON);

CREATE TABLE metric (
    measured_at TIMESTAMP, name VARCHAR, kind VARCHAR, value DOUBLE, labels JSON,
    execution_id VARCHAR);

CREATE TABLE message (
    message_id VARCHAR, room VARCHAR, posted_at TIMESTAMP, role VARCHAR, author VARCHAR,
    content VARCHAR, execution_id VARCHAR, fields JSON);

CREATE TABLE capability (
    name VARCHAR, version VARCHAR, intent VARCHAR, requires_schema VARCHAR,
    provides_schema VARCHAR, module VARCHAR, enabled BOOLEAN, seen_at TIMESTAMP,
    effects VARCHAR, removed BOOLEAN);

CREATE TABLE score (
    execution_id UUID, step VARCHAR, name VARCHAR, value DOUBLE, comment VARCHAR, author VARCHAR,
    given_at TIMESTAMP);

CREATE TABLE artifact (
    sha VARCHAR, media_type VARCHAR, size BIGINT, execution_id VARCHAR, step VARCHAR);

-- the records of removed journal segments: compressed frames, one row an execution and segment
CREATE TABLE history (execution_id VARCHAR, segment VARCHAR, body BLOB, kept_at TIMESTAMP);

-- hours whose spans have changed since they were rolled up; the running hour is always here
CREATE TABLE hour_due (hour TIMESTAMP);

CREATE TABLE span_hour (
    hour TIMESTAMP, kind VARCHAR, name VARCHAR, model VARCHAR, n BIGINT, errors BIGINT,
    sum_ns HUGEINT, max_ns BIGINT, p50_ns BIGINT, p95_ns BIGINT, p99_ns BIGINT,
    tokens_in HUGEINT, tokens_out HUGEINT, cost_usd DOUBLE);

-- latency histogram: bucket b holds durations around 2^((b + 0.5) / 8) ns; counts may be added
CREATE TABLE span_hist (day DATE, kind VARCHAR, name VARCHAR, bucket SMALLINT, n BIGINT);

CREATE TABLE archived (
    day DATE, relation VARCHAR, file VARCHAR, rows BIGINT, archived_at TIMESTAMP);

CREATE MACRO hist_bucket(ns) AS floor(8 * log2(greatest(ns, 1)))::SMALLINT;
CREATE MACRO hist_ns(bucket) AS pow(2, (bucket + 0.5) / 8);

CREATE VIEW executions AS
SELECT *, epoch_us(ended_at - started_at) / 1000 AS duration_ms
FROM (FROM execution UNION ALL FROM execution_open);

CREATE VIEW spans AS
SELECT *, duration_ns / 1e6 AS duration_ms,
    started_at + to_microseconds(duration_ns // 1000) AS ended_at
FROM span;

CREATE VIEW logs AS FROM log;
CREATE VIEW metrics AS FROM metric;
CREATE VIEW messages AS FROM message;
CREATE VIEW scores AS FROM score;
CREATE VIEW events AS FROM event;

CREATE VIEW waiting AS
SELECT w.execution_id, e.name, w.step, w.path, w.event, w.key, w.question, w.choices, w.deadline,
    w.waiting_since, e.status, e.user_id, e.agent_id
FROM wait_open w LEFT JOIN execution_open e USING (execution_id);

CREATE VIEW capability_registry AS
SELECT name AS capability_id, arg_max(intent, seen_at) AS intent,
    arg_max(requires_schema, seen_at) AS requires_schema,
    arg_max(provides_schema, seen_at) AS provides_schema,
    arg_max(module, seen_at) AS module_name, arg_max(enabled, seen_at) AS enabled,
    min(seen_at) AS created_at
FROM capability GROUP BY name HAVING NOT arg_max(removed, seen_at);

CREATE VIEW capability_executions AS
SELECT printf('%s-%016x', s.execution_id, s.span_id) AS id, s.name AS capability_id, e.user_id,
    e.agent_id, s.inputs AS payload, s.outputs AS result, s.duration_ns / 1e6 AS execution_time_ms,
    s.started_at AS created_at
FROM span s LEFT JOIN executions e USING (execution_id)
WHERE s.kind = 'capability';

CREATE VIEW otel_span AS
SELECT replace(execution_id::VARCHAR, '-', '') AS trace_id, printf('%016x', span_id) AS span_id,
    CASE WHEN parent_span <> 0 THEN printf('%016x', parent_span) END AS parent_span_id, name,
    epoch_ns(started_at) AS start_time_unix_nano,
    epoch_ns(started_at) + duration_ns AS end_time_unix_nano,
    CASE WHEN status IN ('ok', 'skipped') THEN 'OK' ELSE 'ERROR' END AS status_code,
    json_merge_patch(
        coalesce(attributes, '{}'::JSON),
        json_object(
            'gen_ai.operation.name', CASE kind WHEN 'capability' THEN 'execute_tool'
                WHEN 'model' THEN 'chat' WHEN 'actor' THEN 'invoke_agent'
                WHEN 'plan' THEN 'plan' END,
            'gen_ai.tool.name', CASE WHEN kind = 'capability' THEN name END,
            'gen_ai.provider.name', provider, 'gen_ai.request.model', model,
            'gen_ai.usage.input_tokens', tokens_in, 'gen_ai.usage.output_tokens', tokens_out,
            'gen_ai.usage.cache_read.input_tokens', tokens_cached,
            'packetflow.step', step, 'packetflow.attempt', attempt,
            'error.type', nullif(error_type, ''))) AS attributes
FROM span;
