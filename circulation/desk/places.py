"""Where a member of staff works; told by `library.accounts.desks`."""

from library.accounts.desks import DESK_KINDS, desk_of, desks_of

__all__ = ["DESK_KINDS", "desk_of", "desks_of"]
