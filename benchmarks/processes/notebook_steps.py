"""The notebook Coterie began as, in plain pandas and scikit-learn: raw file in; features, model and scores out."""

import argparse
import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

NAMES = {
    "InvoiceNo": "invoice_no",
    "StockCode": "product_id",
    "Description": "description",
    "Quantity": "quantity",
    "InvoiceDate": "invoice_date",
    "UnitPrice": "price",
    "CustomerID": "customer_id",
    "Country": "country",
}
USED = ["total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days"]

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("file", help="the raw lines")
parser.add_argument("out", type=Path, help="folder for what is written")
arguments = parser.parse_args()

lines = pd.read_csv(arguments.file, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])
lines = lines.rename(columns=NAMES).dropna(subset=["customer_id"]).drop_duplicates()
lines = lines[~lines["invoice_no"].str.startswith("C")]
lines = lines[lines["price"] > 0].copy()
lines["customer_id"] = lines["customer_id"].astype(int)
lines["transaction_value"] = lines["quantity"] * lines["price"]

features = (
    lines.groupby("customer_id")
    .agg(
        total_orders=("invoice_no", "nunique"),
        total_quantity=("quantity", "sum"),
        total_spend=("transaction_value", "sum"),
        avg_order_value=("transaction_value", "mean"),
        first=("invoice_date", "min"),
        last=("invoice_date", "max"),
    )
    .reset_index()
)
features["active_days"] = (features["last"] - features["first"]).dt.days
features = features[["customer_id", *USED]]

scaler = StandardScaler()
scaled = scaler.fit_transform(features[USED])
scores = {}
for k in range(2, 9):
    labels = KMeans(n_clusters=k, random_state=42).fit_predict(scaled)
    scores[k] = float(silhouette_score(scaled, labels))
best = max(scores, key=lambda k: scores[k])
model = KMeans(n_clusters=best, random_state=42).fit(scaled)
features["cluster"] = model.labels_

joblib.dump({"scaler": scaler, "model": model}, arguments.out / "behavior_model.pkl")
features.to_csv(arguments.out / "customer_features.csv", index=False)
print(json.dumps({"customers": len(features), "n_clusters": best, "silhouettes": scores}))
