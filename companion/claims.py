"""All claims of the ledger, by the page of the book on which they stand."""

from __future__ import annotations

from companion import claims_flow, claims_images, claims_volumes
from companion.ledger import Claim, Page

CLAIMS: tuple[Claim, ...] = (
    *claims_images.AGAINST_TXM,
    *claims_images.BETWEEN_MODELS,
    *claims_images.REGULARISER,
    *claims_volumes.VOLUMES,
    *claims_flow.FLOW,
    *claims_flow.AGAINST_TRUTH,
)


def claims_of(page: Page) -> tuple[Claim, ...]:
    """Return the claims of a page, in the order of the ledger.

    A sentence may be tested on several pages; its tests are corrected for one another all the
    same, so judge `CLAIMS` and show those of the page.
    """
    return tuple(claim for claim in CLAIMS if claim.page == page)
