"""Transfers and boxes on the van's round."""
