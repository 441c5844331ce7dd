"""Every table of the three packages, imported so that the metadata is whole."""

from catalog.bibs import models as bibs
from catalog.items import models as items
from catalog.marc import models as marc
from circulation import models as circulation
from library.accounts import models as accounts
from library.branches import calendars, hours_models
from library.branches import models as branches
from library.kernel import models as kernel
from library.kernel.db import Model
from library.patrons import models as patrons

ROOMS = (kernel, branches, calendars, hours_models, patrons, accounts, marc, bibs, items, circulation)
metadata = Model.metadata
