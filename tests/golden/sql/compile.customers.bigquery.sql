-- The segment of each customer. For BigQuery, from the lines of shop.lines as they are.
-- Written by Coterie from recipe default and a model.
-- Reads invoice_no, product_id, quantity, invoice_date, price, customer_id. Ids are text or whole numbers, quantities and money
--   are numbers, and invoice_date is a time without zone, in the shop's local time: convert one that has a zone before.
-- As of the day after the last readable line.
-- Rules that apply: missing_customer, date, date_range, not_a_number, non_finite, range, duplicate, invoice_conflict,
--   excluded_product, returns_netted, unmatched_return, quantity_not_positive, price_not_positive.
-- Rules that do not: ragged, field_limit, control_character, which only a text can break; the columns are typed.
-- Quantities and money are INT64 or NUMERIC: BigQuery does not tell equal lines by a FLOAT64.
-- A duplicate is a line that is equal in all of: invoice_no, product_id, quantity, invoice_date, price, customer_id.
WITH
-- The table as it lies: ids and texts as text.
raw_lines AS (
  SELECT
    CAST(invoice_no AS STRING) AS raw_invoice_no,
    CAST(product_id AS STRING) AS raw_product_id,
    quantity AS raw_quantity,
    invoice_date AS raw_invoice_date,
    price AS raw_price,
    CAST(customer_id AS STRING) AS raw_customer_id
  FROM shop.lines
),
-- A number for every line; only lines that are equal in every column could change places.
numbered_lines AS (
  SELECT
    *,
    ROW_NUMBER() OVER (ORDER BY raw_invoice_no, raw_product_id, raw_quantity, raw_invoice_date, raw_price, raw_customer_id) AS source_row
  FROM raw_lines
),
-- The columns of a transaction line. Ids without the blanks around them, exact decimals of six places.
typed_lines AS (
  SELECT
    *,
    NULLIF(TRIM(raw_invoice_no), '') AS invoice_no,
    NULLIF(TRIM(raw_product_id), '') AS product_id,
    CASE WHEN ABS(raw_quantity) < 999999999.9999995 THEN ROUND(CAST(raw_quantity AS NUMERIC), 6) END AS quantity,
    CAST(raw_invoice_date AS DATETIME) AS invoice_date,
    CASE WHEN ABS(raw_price) < 999999999.9999995 THEN ROUND(CAST(raw_price AS NUMERIC), 6) END AS price,
    NULLIF(TRIM(raw_customer_id), '') AS customer_id
  FROM numbered_lines
),
-- The money of each line, when it was sold in seconds since 1970, and what is wrong with it by itself.
valued_lines AS (
  SELECT
    *,
    CAST(CAST(quantity AS BIGNUMERIC) * price AS BIGNUMERIC) AS transaction_value,
    DATETIME_DIFF(CAST(invoice_date AS DATETIME), DATETIME '1970-01-01 00:00:00', MICROSECOND) / 1000000 AS sold_seconds,
    CASE
      WHEN invoice_date IS NULL
      THEN 'date'
      WHEN invoice_date < CAST('1970-01-01' AS DATETIME)
      OR invoice_date >= CAST('2200-01-01' AS DATETIME)
      THEN 'date_range'
      WHEN raw_quantity IS NULL OR raw_price IS NULL
      THEN 'not_a_number'
      WHEN (
        quantity IS NULL AND NOT raw_quantity - raw_quantity = 0
      )
      OR (
        price IS NULL AND NOT raw_price - raw_price = 0
      )
      THEN 'non_finite'
      WHEN quantity IS NULL OR price IS NULL
      THEN 'range'
    END AS own_problem
  FROM typed_lines
),
-- How many lines were sold at each moment.
moments AS (
  SELECT
    sold_seconds,
    COUNT(*) AS line_count
  FROM valued_lines
  WHERE
    (
      own_problem IS NULL OR own_problem IN ('not_a_number', 'non_finite', 'range')
    )
  GROUP BY
    sold_seconds
),
-- How many were sold by then.
moments_in_time AS (
  SELECT
    sold_seconds,
    SUM(line_count) OVER (ORDER BY sold_seconds ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS sold_by_then,
    SUM(line_count) OVER () AS dated
  FROM moments
),
-- When all but the last thousandth of the lines were sold, and at least all but one.
usual_end AS (
  SELECT
    MIN(sold_seconds) AS last_usual
  FROM moments_in_time
  WHERE
    sold_by_then >= CASE
      WHEN dated < 50
      THEN dated
      WHEN dated < 1500
      THEN dated - 1
      ELSE dated - FLOOR(dated / 1000)
    END
),
-- Every line, ready to be judged. A date more than a year after nearly all others cannot have been yet.
sold_lines AS (
  SELECT
    valued_lines.*,
    CASE WHEN (own_problem IS NULL OR own_problem IN ('not_a_number', 'non_finite', 'range')) AND sold_seconds > last_usual + 31622400 THEN 'date_range' ELSE own_problem END AS problem
  FROM valued_lines
  CROSS JOIN usual_end
),
-- missing_customer: Nobody is known to have bought it.
-- date: The date is not in the column's format.
-- date_range: No such day, or a day too early, too late or past --as-of.
-- not_a_number: The quantity or the price is not a number.
-- non_finite: The quantity or the price is NaN or infinite.
-- range: The quantity or the price is a billion or more.
readable_lines AS (
  SELECT
    *,
    CASE
      WHEN customer_id IS NULL
      THEN 'missing_customer'
      WHEN problem = 'date'
      THEN 'date'
      WHEN problem = 'date_range'
      THEN 'date_range'
      WHEN problem = 'not_a_number'
      THEN 'not_a_number'
      WHEN problem = 'non_finite'
      THEN 'non_finite'
      WHEN problem = 'range'
      THEN 'range'
    END AS reason_1
  FROM sold_lines
),
-- duplicate: Every column equals an earlier line's.
duplicate_asked AS (
  SELECT
    *,
    CASE
      WHEN reason_1 IS NULL
      AND (
        ROW_NUMBER() OVER (
          PARTITION BY reason_1, raw_invoice_no, raw_product_id, raw_quantity, raw_invoice_date, raw_price, raw_customer_id
          ORDER BY source_row
        ) > 1
      )
      THEN 'duplicate'
      ELSE reason_1
    END AS reason_2
  FROM readable_lines
),
-- invoice_conflict: Its invoice names two customers.
invoice_conflict_asked AS (
  SELECT
    *,
    CASE
      WHEN reason_2 IS NULL
      AND (
        NOT invoice_no IS NULL
        AND MIN(customer_id) OVER (PARTITION BY reason_2, invoice_no) <> MAX(customer_id) OVER (PARTITION BY reason_2, invoice_no)
      )
      THEN 'invoice_conflict'
      ELSE reason_2
    END AS reason_3
  FROM duplicate_asked
),
-- excluded_product: Its product code is not a good: postage, a fee, a correction.
excluded_product_asked AS (
  SELECT
    *,
    CASE WHEN NOT reason_3 IS NULL THEN reason_3 WHEN CASE WHEN product_id IS NULL OR NOT product_id IN ('POST', 'L\'été') THEN 1 ELSE 0 END = 0 THEN 'excluded_product' END AS reason_4
FROM invoice_conflict_asked
),
-- The lines that passed so far.
lines_to_net AS (
  SELECT
    source_row,
    customer_id,
    invoice_no,
    product_id,
    quantity,
    price,
    transaction_value,
    invoice_date
  FROM excluded_product_asked
  WHERE
    reason_4 IS NULL
),
-- What sold units and what took some back.
netting_events AS (
  SELECT
    source_row,
    customer_id,
    COALESCE(product_id, '') AS product,
    price AS unit_value,
    invoice_date,
    invoice_no,
    quantity AS units,
    quantity < 0 AS is_return
  FROM lines_to_net
  WHERE
    quantity > 0 OR (
      quantity < 0 AND UPPER(invoice_no) LIKE 'C%'
    )
),
-- What was returned at all: customer, product and price.
netting_returned AS (
  SELECT
    customer_id,
    product,
    unit_value
  FROM netting_events
  WHERE
    is_return
),
-- Units sold less units returned, up to each line.
netting_balances AS (
  SELECT
    *,
    SUM(units) OVER (
      PARTITION BY customer_id, product, unit_value
      ORDER BY invoice_date, is_return, CASE WHEN invoice_no IS NULL THEN 1 ELSE 0 END, invoice_no, units, source_row
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS balance
  FROM netting_events
  WHERE
    EXISTS(
      SELECT
        1
      FROM netting_returned
      WHERE
        netting_returned.customer_id = netting_events.customer_id
        AND netting_returned.product = netting_events.product
        AND netting_returned.unit_value = netting_events.unit_value
    )
),
-- How far the balance had fallen below zero by then: units returned beyond what had been bought.
netting_floors AS (
  SELECT
    *,
    LEAST(
      MIN(balance) OVER (
        PARTITION BY customer_id, product, unit_value
        ORDER BY invoice_date, is_return, CASE WHEN invoice_no IS NULL THEN 1 ELSE 0 END, invoice_no, units, source_row
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ),
      0
    ) AS floor
  FROM netting_balances
),
-- How many units were there to be returned, and the fewest from then on.
netting_heights AS (
  SELECT
    *,
    balance - floor AS height,
    MIN(balance - floor) OVER (
      PARTITION BY customer_id, product, unit_value
      ORDER BY invoice_date, is_return, CASE WHEN invoice_no IS NULL THEN 1 ELSE 0 END, invoice_no, units, source_row
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS lowest,
    COALESCE(
      LAG(floor) OVER (
        PARTITION BY customer_id, product, unit_value
        ORDER BY invoice_date, is_return, CASE WHEN invoice_no IS NULL THEN 1 ELSE 0 END, invoice_no, units, source_row
      ),
      0
    ) - floor AS unmatched
  FROM netting_floors
),
-- Of a sale, the units that were not taken back; of a return, those that found no sale.
netting_leftovers AS (
  SELECT
    source_row,
    customer_id,
    is_return,
    ABS(units) AS units,
    unit_value,
    CASE WHEN is_return THEN unmatched ELSE GREATEST(lowest - (height - units), 0) END AS left_units
  FROM netting_heights
),
-- Units and money of every sale and return that met, and what is left.
netting AS (
  SELECT
    source_row,
    customer_id,
    is_return,
    units,
    CAST(CAST(units AS BIGNUMERIC) * unit_value AS BIGNUMERIC) AS value,
    left_units,
    CAST(CAST(left_units AS BIGNUMERIC) * unit_value AS BIGNUMERIC) AS left_value
  FROM netting_leftovers
),
-- returns_netted: a return and the sale it cancels in whole.
-- unmatched_return: a return that found too little.
returns_netted_asked AS (
  SELECT
    excluded_product_asked.*,
    netting.is_return,
    netting.units,
    netting.value,
    netting.left_units,
    netting.left_value,
    CASE WHEN NOT reason_4 IS NULL THEN reason_4 ELSE CASE WHEN is_return AND left_units > 0 THEN 'unmatched_return' WHEN is_return OR left_units = 0 THEN 'returns_netted' END END AS reason_5
  FROM excluded_product_asked
  LEFT JOIN netting
    ON excluded_product_asked.source_row = netting.source_row
),
-- quantity_not_positive: A quantity of zero or less that is not marked as a return.
-- price_not_positive: It cost nothing, or less.
quantity_not_positive_asked AS (
  SELECT
    *,
    CASE
      WHEN NOT reason_5 IS NULL
      THEN reason_5
      WHEN CASE WHEN quantity > 0 THEN 1 ELSE 0 END = 0
      THEN 'quantity_not_positive'
      WHEN CASE WHEN COALESCE(price, transaction_value) > 0 THEN 1 ELSE 0 END = 0
      THEN 'price_not_positive'
    END AS reason_6
  FROM returns_netted_asked
),
-- Every line, and why it does not count; nothing where it does.
judged_lines AS (
  SELECT
    source_row,
    customer_id,
    invoice_no,
    product_id,
    quantity,
    price,
    transaction_value,
    invoice_date,
    is_return,
    units,
    value,
    left_units,
    left_value,
    reason_6 AS reason
  FROM quantity_not_positive_asked
),
-- The lines that count; a sale returned in part has what was left of it.
clean_lines AS (
  SELECT
    customer_id,
    invoice_no,
    product_id,
    CASE WHEN left_units < units THEN left_units ELSE quantity END AS quantity,
    price,
    CASE WHEN left_units < units THEN CAST(transaction_value - (value - left_value) AS BIGNUMERIC) ELSE transaction_value END AS transaction_value,
    invoice_date
  FROM judged_lines
  WHERE
    reason IS NULL
),
-- What each customer took back.
returned AS (
  SELECT
    customer_id,
    SUM(units - left_units) AS returned_quantity,
    SUM(value - left_value) AS returned_value
  FROM judged_lines
  WHERE
    NOT is_return AND left_units < units
  GROUP BY
    customer_id
),
-- The day the answer is for, in days since 1970: the day after the last readable line.
answer_day AS (
  SELECT
    FLOOR(MAX(sold_seconds) / 86400) + 1 AS as_of_day
  FROM sold_lines
  WHERE
    problem IS NULL
),
-- When each line was sold, in seconds.
dated_lines AS (
  SELECT
    *,
    DATETIME_DIFF(CAST(invoice_date AS DATETIME), DATETIME '1970-01-01 00:00:00', MICROSECOND) / 1000000 AS epoch_seconds
  FROM clean_lines
),
-- Each customer's kept lines, added up.
by_lines AS (
  SELECT
    customer_id,
    CAST(SUM(transaction_value) AS FLOAT64) AS total_spend,
    CAST(FLOOR((MAX(epoch_seconds) - MIN(epoch_seconds)) / 86400) AS FLOAT64) AS active_days
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
    CAST(COUNT(*) AS FLOAT64) AS total_orders
  FROM placed_orders
  GROUP BY
    customer_id
),
-- Who bought, and who took everything back.
everybody AS (
  SELECT
    customer_id
  FROM by_lines
  UNION DISTINCT
  SELECT
    customer_id
  FROM returned
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
  LEFT JOIN returned AS taken_back
    ON everybody.customer_id = taken_back.customer_id
),
-- Money spent per order.
with_avg_order_value AS (
  SELECT
    *,
    total_spend / NULLIF(total_orders, 0) AS avg_order_value
  FROM joined
),
-- The features that place a customer.
customers AS (
  SELECT
    customer_id,
    CAST(total_orders AS INT64) AS total_orders,
    CAST(total_spend AS FLOAT64) AS total_spend,
    CAST(avg_order_value AS FLOAT64) AS avg_order_value,
    CAST(active_days AS INT64) AS active_days
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
        + (scaled_total_spend - 0.5e0) * (scaled_total_spend - 0.5e0)
        + (scaled_avg_order_value - 0.5e0) * (scaled_avg_order_value - 0.5e0)
        + (scaled_active_days - 0.5e0) * (scaled_active_days - 0.5e0)) AS distance_0,
    SQRT((scaled_total_orders + 0.75e0) * (scaled_total_orders + 0.75e0)
        + (scaled_total_spend + 0.75e0) * (scaled_total_spend + 0.75e0)
        + (scaled_avg_order_value + 0.75e0) * (scaled_avg_order_value + 0.75e0)
        + (scaled_active_days + 0.75e0) * (scaled_active_days + 0.75e0)) AS distance_1
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
  CASE cluster WHEN 0 THEN 'Core' WHEN 1 THEN 'L\'été {{ x }}' ELSE 'Fully returned' END AS segment,
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
