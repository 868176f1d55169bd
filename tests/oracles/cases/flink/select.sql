-- A SELECT's rows come out as JSON lines; semicolons in text and comments end nothing.
/* no statement; */
CREATE TABLE readings (
  device_id STRING,
  `timestamp` TIMESTAMP(3),
  WATERMARK FOR `timestamp` AS `timestamp` - INTERVAL '5' SECOND
) WITH ('connector' = 'kinesis', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
SELECT device_id, COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(`timestamp`), INTERVAL '1' MINUTE))
WHERE device_id <> 'a;b' -- not this either;
GROUP BY window_start, window_end, device_id;
