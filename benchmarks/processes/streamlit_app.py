"""The overview as one writes it in Streamlit: who the segments are, their shares, and a list of customers with filters."""

import sys

import altair as alt
import pandas as pd
import streamlit as st


@st.cache_data
def read_customers(path: str) -> pd.DataFrame:
    return pd.read_parquet(path)


st.set_page_config(page_title="Segments", layout="wide")
customers = read_customers(sys.argv[1])

segments = (
    customers.groupby("segment")
    .agg(
        customers=("customer_id", "size"),
        revenue=("total_spend", "sum"),
        orders=("total_orders", "median"),
        order_value=("avg_order_value", "median"),
        last_seen=("recency_days", "median"),
    )
    .sort_values("revenue", ascending=False)
    .reset_index()
)
segments["share of customers"] = segments["customers"] / segments["customers"].sum()
segments["share of revenue"] = segments["revenue"] / segments["revenue"].sum()

st.title(f"{len(segments)} segments of {len(customers):,} customers")
st.dataframe(segments, hide_index=True)
shares = segments.melt("segment", ["share of customers", "share of revenue"], "of", "share")
bars = alt.Chart(shares).mark_bar().encode(x=alt.X("share", axis=alt.Axis(format="%")), y="segment", yOffset="of", color="of")
st.altair_chart(bars)

st.header("Customers")
segment = st.selectbox("Segment", ["All segments", *segments["segment"]])
country = st.selectbox("Country", ["All countries", *sorted(customers["country"].dropna().unique())])
spend = st.number_input("Spent at least", min_value=0)
shown = customers[customers["total_spend"] >= spend]
if segment != "All segments":
    shown = shown[shown["segment"] == segment]
if country != "All countries":
    shown = shown[shown["country"] == country]
st.write(f"{len(shown):,} customers")
columns = ["customer_id", "segment", "country", "total_orders", "total_spend", "avg_order_value", "recency_days", "reason"]
st.dataframe(shown.sort_values("total_spend", ascending=False).head(50)[columns], hide_index=True)
