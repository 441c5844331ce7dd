"""The sample county's lending rules: one row for everybody, and rows for the categories that differ."""

from library.sample.places import ROOT_ID

# Rule, category (None is everybody) and value; reading rooms' observed defaults, generous to elders and households.
POLICIES: tuple[tuple[str, str | None, str], ...] = (
    ("loan_days", None, "30"),
    ("loan_limit", None, "5"),
    ("renewals_max", None, "1"),
    ("holds_max", None, "5"),
    ("overdue_block_days", None, "30"),
    ("return_policy", None, "home"),
    ("loan_days", "elder", "60"),
    ("loan_limit", "elder", "8"),
    ("renewals_max", "elder", "2"),
    ("loan_days", "disabled", "60"),
    ("loan_limit", "disabled", "8"),
    ("renewals_max", "disabled", "2"),
    ("loan_limit", "family", "20"),
    ("loan_days", "group", "90"),
    ("loan_limit", "group", "200"),
    ("loan_limit", "staff", "10"),
    ("loan_days", "staff", "60"),
)
PLACE = ROOT_ID
