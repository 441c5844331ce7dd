"""MARC in and out: ISO 2709 and MARCXML, CNMARC and MARC 21."""
