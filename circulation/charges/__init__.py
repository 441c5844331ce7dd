"""The append-only ledger of deposits, compensation and waivers."""
