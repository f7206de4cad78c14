"""What a search would run."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.search_preview import preview_search
from undeterred.wire.experiment_search import PreviewHPSearchRequest, PreviewHPSearchResponse, preview_hp_search


@serves(preview_hp_search, needs=Permission.SIGNED_IN)
async def preview(_ctx: Context, _caller: Caller, request: PreviewHPSearchRequest) -> PreviewHPSearchResponse:
    return PreviewHPSearchResponse(summary=preview_search(request.config))
