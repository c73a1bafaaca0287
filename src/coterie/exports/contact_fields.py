"""The fields of a contact, each with the headers it is recognised by: what shops and mailing tools write above their columns."""

from __future__ import annotations

from coterie.exports.people import CUSTOMER

FIELDS: dict[str, tuple[str, ...]] = {
    "customer_id": CUSTOMER,
    "email": ("email", "email address", "mail", "customer email", "email billing", "billing email", "primary email"),
    "phone": (
        "phone",
        "phone number",
        "mobile",
        "mobile phone",
        "mobile phone number",
        "telephone",
        "tel",
        "phone billing",
        "billing phone",
        "default address phone",
    ),
    "first_name": ("first name", "fname", "fn", "given name", "forename", "first name billing", "billing first name"),
    "last_name": ("last name", "lname", "ln", "surname", "family name", "last name billing", "billing last name"),
    "country": (
        "country code",
        "country",
        "country region",
        "billing country",
        "country code billing",
        "default address country code",
    ),
    "zip": (
        "zip",
        "zip code",
        "postal code",
        "postcode",
        "zip postal code",
        "billing zip",
        "postcode billing",
        "default address zip",
    ),
    "city": ("city", "town", "ct", "billing city", "city billing", "default address city"),
    "state": ("state", "region", "province", "state region", "st", "billing province", "default address province code"),
    "madid": ("madid", "mobile advertiser id"),
    "uid": ("uid",),
    "consent": (
        "consent",
        "email marketing consent",
        "marketing consent",
        "email consent",
        "consent email",
        "accepts email marketing",
        "accepts marketing",
        "opt in",
        "email opt in",
        "marketing opt in",
        "opted in",
        "newsletter",
        "subscribed",
        "gdpr consent",
    ),
    "phone_consent": ("sms marketing consent", "phone consent", "sms consent", "accepts sms marketing", "sms opt in"),
    "opt_out": ("opt out", "email opt out", "unsubscribed", "unsubscribed from all email", "do not email", "do not contact"),
}
"""Fields of a contact, with the headers each is recognised by."""
