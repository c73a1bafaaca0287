"""Deliveries: lines that arrive later, and what runs keep of those before so that the new ones alone have to be read."""
