-- The order in which events came, whatever the clocks say; NULL or 0 where it is not known.

ALTER TABLE event ADD COLUMN arrival BIGINT;
ALTER TABLE wait ADD COLUMN since BIGINT;
ALTER TABLE wait_open ADD COLUMN since BIGINT;

CREATE OR REPLACE VIEW events AS FROM event;

-- whether an event came since a moment: by their numbers where both have one, else by their times
CREATE MACRO came_since(arrival, arrived_at, number, moment) AS
    CASE WHEN arrival > 0 AND number > 0 THEN arrival >= number ELSE arrived_at >= moment END;

-- which execution has taken which event; those of archived spans are noted before they leave
CREATE TABLE taken_before (execution_id UUID, event_id VARCHAR);
CREATE VIEW taken_now AS
SELECT execution_id, json_extract_string(attributes, '$.event_id') AS event_id, started_at
FROM span WHERE kind = 'wait' AND attributes IS NOT NULL;
CREATE VIEW taken AS
SELECT execution_id, event_id FROM taken_now WHERE event_id IS NOT NULL
UNION ALL FROM taken_before;
