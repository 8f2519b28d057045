-- Time worked, ages of artifacts, and archived days that late spans may still reach.

ALTER TABLE execution ADD COLUMN active_us BIGINT;
ALTER TABLE execution_open ADD COLUMN active_us BIGINT;
ALTER TABLE artifact ADD COLUMN kept_at TIMESTAMP;
UPDATE artifact SET kept_at = now() AT TIME ZONE 'UTC';

-- hours whose spans are all here: their summary is replaced, that of archived days is added to
CREATE VIEW hour_anew AS
SELECT hour FROM hour_due
WHERE hour >= coalesce((SELECT max(day) + INTERVAL 1 DAY FROM archived WHERE relation = 'span'),
    TIMESTAMP '0001-01-01');

CREATE OR REPLACE VIEW executions AS
SELECT * EXCLUDE (active_us), epoch_us(ended_at - started_at) / 1000 AS duration_ms,
    active_us / 1e6 AS active_seconds
FROM (FROM execution UNION ALL FROM execution_open);

-- large values that executions were given and made were not listed before
INSERT INTO artifact
SELECT unnest(regexp_extract_all(concat(inputs, outputs), '"\$blob":"([0-9a-f]{64})"', 1)),
    NULL, NULL, execution_id::VARCHAR, NULL, started_at
FROM (FROM execution UNION ALL FROM execution_open)
WHERE contains(concat(inputs, outputs), '"$blob"');
