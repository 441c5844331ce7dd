"""Every table of the three packages, imported so that the metadata is whole."""

import catalog.bibs.models
import catalog.items.models
import catalog.marc.models
import circulation.models
import library.accounts.models
import library.branches.calendars
import library.branches.models
import library.kernel.models
import library.patrons.models  # noqa: F401  imported for the tables they define
from library.kernel.db import Model

metadata = Model.metadata
