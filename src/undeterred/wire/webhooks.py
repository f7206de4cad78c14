"""Webhooks, their triggers, and events sent by tasks."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Int32, Json, Message
from undeterred.wire.logs import LogLevel


class CustomWebhookEventData(Message):
    """An event of your own: a title, a text and a level."""

    level: LogLevel = LogLevel.LOG_LEVEL_UNSPECIFIED
    title: str = ""
    description: str = ""


class PatchWebhook(Message):
    url: str = ""


class TriggerType(Enum):
    TRIGGER_TYPE_UNSPECIFIED = "TRIGGER_TYPE_UNSPECIFIED"
    TRIGGER_TYPE_EXPERIMENT_STATE_CHANGE = "TRIGGER_TYPE_EXPERIMENT_STATE_CHANGE"
    TRIGGER_TYPE_METRIC_THRESHOLD_EXCEEDED = "TRIGGER_TYPE_METRIC_THRESHOLD_EXCEEDED"
    TRIGGER_TYPE_TASK_LOG = "TRIGGER_TYPE_TASK_LOG"
    TRIGGER_TYPE_CUSTOM = "TRIGGER_TYPE_CUSTOM"


class Trigger(Message):
    """What must happen for a webhook to be called."""

    id: Int32 = 0
    trigger_type: TriggerType = TriggerType.TRIGGER_TYPE_UNSPECIFIED
    condition: Json | None = None
    webhook_id: Int32 = 0


class WebhookType(Enum):
    WEBHOOK_TYPE_UNSPECIFIED = "WEBHOOK_TYPE_UNSPECIFIED"
    WEBHOOK_TYPE_DEFAULT = "WEBHOOK_TYPE_DEFAULT"
    WEBHOOK_TYPE_SLACK = "WEBHOOK_TYPE_SLACK"


class WebhookMode(Enum):
    WEBHOOK_MODE_UNSPECIFIED = "WEBHOOK_MODE_UNSPECIFIED"
    WEBHOOK_MODE_WORKSPACE = "WEBHOOK_MODE_WORKSPACE"
    WEBHOOK_MODE_SPECIFIC = "WEBHOOK_MODE_SPECIFIC"


class Webhook(Message):
    """A call to another service when one of its triggers fires."""

    id: Int32 = 0
    url: str = ""
    triggers: list[Trigger] = field(default_factory=list)
    webhook_type: WebhookType = WebhookType.WEBHOOK_TYPE_UNSPECIFIED
    name: str = ""
    workspace_id: Int32 = 0
    mode: WebhookMode = WebhookMode.WEBHOOK_MODE_UNSPECIFIED


class GetWebhooksRequest(Message):
    pass


class GetWebhooksResponse(Message):
    webhooks: list[Webhook] = field(default_factory=list)


get_webhooks = Endpoint(
    "GetWebhooks",
    "GET",
    "/api/v1/webhooks",
    GetWebhooksRequest,
    GetWebhooksResponse,
    summary="List webhooks and what triggers them",
    tags=("Webhooks",),
)


class PatchWebhookRequest(Message):
    id: Int32 = 0
    webhook: PatchWebhook | None = None


class PatchWebhookResponse(Message):
    pass


patch_webhook = Endpoint(
    "PatchWebhook",
    "PATCH",
    "/api/v1/webhooks/{id}",
    PatchWebhookRequest,
    PatchWebhookResponse,
    summary="Change the URL of a webhook",
    tags=("Webhooks",),
    body="webhook",
)


class PostWebhookRequest(Message):
    webhook: Webhook | None = None


class PostWebhookResponse(Message):
    webhook: Webhook | None = None


post_webhook = Endpoint(
    "PostWebhook",
    "POST",
    "/api/v1/webhooks",
    PostWebhookRequest,
    PostWebhookResponse,
    summary="Make a webhook that is called when something happens",
    tags=("Webhooks",),
    body="webhook",
)


class DeleteWebhookRequest(Message):
    id: Int32 = 0


class DeleteWebhookResponse(Message):
    pass


delete_webhook = Endpoint(
    "DeleteWebhook",
    "DELETE",
    "/api/v1/webhooks/{id}",
    DeleteWebhookRequest,
    DeleteWebhookResponse,
    summary="Delete a webhook and its triggers",
    tags=("Webhooks",),
)


class TestWebhookRequest(Message):
    id: Int32 = 0


class TestWebhookResponse(Message):
    completed: bool = False


test_webhook = Endpoint(
    "TestWebhook",
    "POST",
    "/api/v1/webhooks/{id}/test",
    TestWebhookRequest,
    TestWebhookResponse,
    summary="Call a webhook once, to see whether it works",
    tags=("Webhooks",),
)


class PostWebhookEventDataRequest(Message):
    data: CustomWebhookEventData | None = None
    experiment_id: Int32 = 0
    trial_id: Int32 = 0


class PostWebhookEventDataResponse(Message):
    pass


post_webhook_event_data = Endpoint(
    "PostWebhookEventData",
    "POST",
    "/api/v1/webhooks/custom",
    PostWebhookEventDataRequest,
    PostWebhookEventDataResponse,
    summary="Send an event of your own to the webhooks of an experiment",
    tags=("Webhooks",),
    body="*",
)
