-- The segment of each customer, for Trino.
-- Written by Coterie from a model, SHA-256 41627b9ae329cd709a16739f245dcc3cfe3c69a482f352c9a613c7f034ea3e44.
-- Reads cleaned lines, as of 2011-12-10: customer_id, invoice_date, invoice_no, transaction_value.
-- Returns are netted and what does not count is left out: the script does not clean.
-- Reads what was netted off too: customer_id, returned_value.
WITH
-- When each line was sold, in seconds.
dated_lines AS (
  SELECT
    *,
    TO_UNIXTIME(CAST(invoice_date AS TIMESTAMP(6))) AS epoch_seconds
  FROM shop.clean_lines
),
-- Each customer's kept lines, added up.
by_lines AS (
  SELECT
    customer_id,
    CAST(SUM(transaction_value) AS DOUBLE) AS total_spend,
    CAST(FLOOR(CAST((MAX(epoch_seconds) - MIN(epoch_seconds)) AS DOUBLE) / 86400) AS DOUBLE) AS active_days
  FROM dated_lines
  GROUP BY
    customer_id
),
-- Each order once.
placed_orders AS (
  SELECT
    customer_id,
    invoice_no,
    MIN(epoch_seconds) AS order_epoch
  FROM dated_lines
  GROUP BY
    customer_id,
    invoice_no
),
-- Each customer's orders.
by_orders AS (
  SELECT
    customer_id,
    CAST(COUNT(*) AS DOUBLE) AS total_orders
  FROM placed_orders
  GROUP BY
    customer_id
),
-- Who bought, and who took everything back.
everybody AS (
  SELECT
    customer_id
  FROM by_lines
  UNION
  SELECT
    customer_id
  FROM shop.returned
),
-- What is known of each customer.
joined AS (
  SELECT
    everybody.customer_id,
    COALESCE(by_lines.total_spend, 0) AS total_spend,
    by_lines.active_days,
    COALESCE(by_orders.total_orders, 0) AS total_orders,
    COALESCE(taken_back.returned_value, 0) AS returned_value
  FROM everybody
  LEFT JOIN by_lines
    ON everybody.customer_id = by_lines.customer_id
  LEFT JOIN by_orders
    ON everybody.customer_id = by_orders.customer_id
  LEFT JOIN shop.returned AS taken_back
    ON everybody.customer_id = taken_back.customer_id
),
-- Money spent per order.
with_avg_order_value AS (
  SELECT
    *,
    CAST(total_spend AS DOUBLE) / NULLIF(total_orders, 0) AS avg_order_value
  FROM joined
),
-- The features that place a customer.
customers AS (
  SELECT
    customer_id,
    CAST(total_orders AS BIGINT) AS total_orders,
    CAST(total_spend AS DOUBLE) AS total_spend,
    CAST(avg_order_value AS DOUBLE) AS avg_order_value,
    CAST(active_days AS BIGINT) AS active_days
  FROM with_avg_order_value
),
-- On one scale: a function of each, less its centre, over its spread. NULL for a customer who kept nothing.
scaled AS (
  SELECT
    *,
    CASE WHEN total_orders > 0 AND total_orders < 1e100 THEN (LN(total_orders) - 1.5e0) / 0.25e0 END AS scaled_total_orders,
    CASE WHEN total_spend > 0 AND total_spend < 1e100 THEN (LN(total_spend) - 1.5e0) / 0.25e0 END AS scaled_total_spend,
    CASE WHEN avg_order_value > 0 AND avg_order_value < 1e100 THEN (LN(avg_order_value) - 1.5e0) / 0.25e0 END AS scaled_avg_order_value,
    CASE WHEN active_days > 0 AND active_days < 1e100 THEN (LN(active_days) - 1.5e0) / 0.25e0 END AS scaled_active_days
  FROM customers
),
-- The distance to the centre of each segment.
distances AS (
  SELECT
    *,
    SQRT((scaled_total_orders - 0.5e0) * (scaled_total_orders - 0.5e0)
        + (scaled_total_spend - 1.5e0) * (scaled_total_spend - 1.5e0)
        + (scaled_avg_order_value - 2.5e0) * (scaled_avg_order_value - 2.5e0)
        + (scaled_active_days - 3.5e0) * (scaled_active_days - 3.5e0)) AS distance_0,
    SQRT((scaled_total_orders + 0.75e0) * (scaled_total_orders + 0.75e0)
        + (scaled_total_spend + 1.75e0) * (scaled_total_spend + 1.75e0)
        + (scaled_avg_order_value + 2.75e0) * (scaled_avg_order_value + 2.75e0)
        + (scaled_active_days + 3.75e0) * (scaled_active_days + 3.75e0)) AS distance_1
  FROM scaled
),
-- The least of them.
nearest AS (
  SELECT
    *,
    LEAST(distance_0, distance_1) AS distance
  FROM distances
),
-- The cluster it belongs to; the lowest number where two are as near.
placed AS (
  SELECT
    *,
    CASE WHEN distance_0 = distance THEN 0 WHEN distance_1 = distance THEN 1 END AS cluster
  FROM nearest
)
SELECT
  customer_id,
  total_orders,
  total_spend,
  avg_order_value,
  active_days,
  cluster,
  CASE cluster WHEN 0 THEN 's1' WHEN 1 THEN 's2' ELSE 'returned' END AS segment_id,
  CASE cluster WHEN 0 THEN 'Core' WHEN 1 THEN 'L''été' ELSE 'Fully returned' END AS segment,
  distance,
  CASE cluster WHEN 0 THEN distance_1 WHEN 1 THEN distance_0 END - distance AS margin,
  CASE
    WHEN NOT cluster IS NULL
    AND (
      total_orders < 1.0e0
      OR total_orders > 99.5e0
      OR total_spend < 1.0e0
      OR total_spend > 99.5e0
      OR avg_order_value < 1.0e0
      OR avg_order_value > 99.5e0
      OR active_days < 1.0e0
      OR active_days > 99.5e0
    )
    THEN TRUE
    ELSE FALSE
  END AS out_of_range
FROM placed
