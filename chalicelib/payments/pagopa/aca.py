"""The archive of notices (ACA), for bodies that answer the node themselves.

Since SANP 3.7 it takes positions by GPD's own interface under a path of its own, with all their
transfers; the older paCreatePosition knows one IBAN and is not used (infra/decisions/0020). A
position that is closed is invalidated there, one paid another way is marked as paid; so what is
told, and the order of it, is gpd.py's.
"""

from __future__ import annotations

from typing import Final

SERVICE: Final = "/aca/debt-positions-service/v1"
UPLOAD: Final = "/upload/aca/debt-positions-service/v2"
