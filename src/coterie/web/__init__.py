"""The web door: a browser for the marketer, an API for the shop."""
