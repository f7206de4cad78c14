"""Agents and slots: look at them, switch them on and off."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import agents
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.agents import (
    DisableAgentRequest,
    DisableAgentResponse,
    DisableSlotRequest,
    DisableSlotResponse,
    EnableAgentRequest,
    EnableAgentResponse,
    EnableSlotRequest,
    EnableSlotResponse,
    GetAgentRequest,
    GetAgentResponse,
    GetAgentsRequest,
    GetAgentsResponse,
    GetSlotRequest,
    GetSlotResponse,
    GetSlotsRequest,
    GetSlotsResponse,
    disable_agent,
    disable_slot,
    enable_agent,
    enable_slot,
    get_agent,
    get_agents,
    get_slot,
    get_slots,
)


@serves(get_agents)
async def get_all(ctx: Context, _caller: Caller, request: GetAgentsRequest) -> GetAgentsResponse:
    return await ctx.db.read(agents.get_all, request)


@serves(get_agent)
async def get(ctx: Context, _caller: Caller, request: GetAgentRequest) -> GetAgentResponse:
    return GetAgentResponse(agent=await ctx.db.read(agents.get, request.agent_id))


@serves(get_slots)
async def slots(ctx: Context, _caller: Caller, request: GetSlotsRequest) -> GetSlotsResponse:
    return GetSlotsResponse(slots=await ctx.db.read(agents.slots, request.agent_id))


@serves(get_slot)
async def slot(ctx: Context, _caller: Caller, request: GetSlotRequest) -> GetSlotResponse:
    return GetSlotResponse(slot=await ctx.db.read(agents.slot, request.agent_id, request.slot_id))


@serves(enable_agent, needs=Permission.UPDATE_AGENTS)
async def enable(ctx: Context, caller: Caller, request: EnableAgentRequest) -> EnableAgentResponse:
    return EnableAgentResponse(agent=await ctx.db.write(agents.switch, caller, request.agent_id, True, False))


@serves(disable_agent, needs=Permission.UPDATE_AGENTS)
async def disable(ctx: Context, caller: Caller, request: DisableAgentRequest) -> DisableAgentResponse:
    return DisableAgentResponse(agent=await ctx.db.write(agents.switch, caller, request.agent_id, False, request.drain))


@serves(enable_slot, needs=Permission.UPDATE_AGENTS)
async def enable_one(ctx: Context, caller: Caller, request: EnableSlotRequest) -> EnableSlotResponse:
    slot_now = await ctx.db.write(agents.switch_slot, caller, request.agent_id, request.slot_id, True, False)
    return EnableSlotResponse(slot=slot_now)


@serves(disable_slot, needs=Permission.UPDATE_AGENTS)
async def disable_one(ctx: Context, caller: Caller, request: DisableSlotRequest) -> DisableSlotResponse:
    slot_now = await ctx.db.write(agents.switch_slot, caller, request.agent_id, request.slot_id, False, request.drain)
    return DisableSlotResponse(slot=slot_now)
