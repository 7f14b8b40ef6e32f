"""Adapters: each fits a port of the application, by having its methods."""
