"""Features: fragments of SQL, one customer table."""

from coterie.features import activity, basket, cadence, value  # noqa: F401  (each registers its features)
from coterie.features.customers import Customers, compute_customers
from coterie.features.spec import FEATURES, Feature, feature
from coterie.features.table import Plan, customer_table_sql, customer_table_steps, plan_features

__all__ = [
    "FEATURES",
    "Customers",
    "Feature",
    "Plan",
    "compute_customers",
    "customer_table_sql",
    "customer_table_steps",
    "feature",
    "plan_features",
]
