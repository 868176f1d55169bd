-- Shaped as `dpl build` prints it: a stream on Kinesis, late rows dropped, bad rows diverted.
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE `iot_stream` (
  `device_id` STRING,
  `temperature` DOUBLE,
  `humidity` DOUBLE,
  `timestamp` TIMESTAMP(3),
  WATERMARK FOR `timestamp` AS `timestamp` - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:us-east-1:666666666666:stream/iot-data-stream',
  'aws.region' = 'us-east-1',
  'scan.watermark.idle-timeout' = '30 s',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);
CREATE TABLE `alert_sink` (
  `device_id` STRING,
  `avg_temp` DOUBLE,
  `alert_type` STRING,
  `window_start` TIMESTAMP(3),
  `window_end` TIMESTAMP(3)
) WITH (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:us-east-1:666666666666:stream/alert-stream',
  'aws.region' = 'us-east-1',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);
INSERT INTO `alert_sink`
SELECT
  `device_id`,
  AVG(`temperature`) AS `avg_temp`,
  CASE WHEN AVG(`temperature`) > 50 THEN 'HIGH_TEMP' ELSE 'LOW_TEMP' END AS `alert_type`,
  `window_start`,
  `window_end`
FROM TABLE(TUMBLE(TABLE `iot_stream`, DESCRIPTOR(`timestamp`), INTERVAL '1' MINUTE))
GROUP BY `device_id`, `window_start`, `window_end`
HAVING AVG(`temperature`) > 50 OR AVG(`temperature`) < 10;
