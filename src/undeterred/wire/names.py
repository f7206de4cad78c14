"""What the contract calls each message and enum: error texts and the OpenAPI document say these names."""

from functools import cache

PACKAGES = {  # package: its names, `Name=Class` where the class is called otherwise; what is not here is determined.api.v1.<class>
    "determined.agent.v1": "Agent DeviceStats Slot SlotStats",
    "determined.api.v1": (
        "TrialsSampleResponse.Trial TrialsSnapshotResponse.Trial GetAccessTokensRequest.SortBy GetAgentsRequest.SortBy "
        "GetCommandsRequest.SortBy GetExperimentTrialsRequest.SortBy GetExperimentsRequest.SortBy GetMasterResponse.Product "
        "GetModelVersionsRequest.SortBy GetModelsRequest.SortBy GetNotebooksRequest.SortBy GetShellsRequest.SortBy "
        "GetTemplatesRequest.SortBy GetTensorboardsRequest.SortBy GetTrialWorkloadsRequest.FilterOption GetUsersRequest.SortBy "
        "GetWorkspaceProjectsRequest.SortBy GetWorkspacesRequest.SortBy"
    ),
    "determined.checkpoint.v1": (
        "Checkpoint CheckpointTrainingMetadata PatchCheckpoint PatchCheckpoint.OptionalResources SortBy=CheckpointSortBy "
        "State=CheckpointState"
    ),
    "determined.command.v1": "Command",
    "determined.common.v1": "DoubleFieldFilter Int32FieldFilter Metrics PolymorphicFilter TimestampFieldFilter",
    "determined.container.v1": "Container State=ContainerState",
    "determined.device.v1": "Device Type=DeviceType",
    "determined.experiment.v1": (
        "Experiment FileNode PatchExperiment PatchExperiment.PatchCheckpointStorage PatchExperiment.PatchResources SearchSummary "
        "SearchUnit TrialSummary ValidationHistoryEntry State=ExperimentState"
    ),
    "determined.group.v1": "Group GroupDetails GroupSearchResult",
    "determined.job.v1": ("AggregateQueueStats Job JobSummary LimitedJob QueueControl QueueStats RBACJob State=JobState Type=JobType"),
    "determined.log.v1": "LogEntry LogLevel",
    "determined.master.v1": (
        "Config LogConfig ResourceAllocationAggregatedEntry ResourceAllocationRawEntry ResourceAllocationAggregationPeriod"
    ),
    "determined.metric.v1": "MetricIdentifier",
    "determined.model.v1": "Model ModelVersion PatchModel PatchModelVersion",
    "determined.notebook.v1": "Notebook",
    "determined.project.v1": "MetricsRange Note PatchProject Project ProjectColumn ColumnType LocationType",
    "determined.rbac.v1": (
        "GroupRoleAssignment Permission Role RoleAssignment RoleAssignmentSummary RoleWithAssignments ScopeTypeMask UserRoleAssignment "
        "PermissionType"
    ),
    "determined.resourcepool.v1": (
        "AwsCustomTag K8PriorityClass ResourcePool ResourcePoolAwsDetail ResourcePoolDetail ResourcePoolGcpDetail "
        "ResourcePoolPrioritySchedulerDetail FittingPolicy ResourcePoolType SchedulerType"
    ),
    "determined.run.v1": "FlatRun FlatRunExperiment",
    "determined.shell.v1": "Shell",
    "determined.task.v1": (
        "Address Allocation AllocationSummary ProxyPortConfig ResourcesFailure ResourcesStarted ResourcesStopped ResourcesSummary "
        "ResourcesSummary.Devices Task TaskLog FailureType GenericTaskState State=TaskState TaskType"
    ),
    "determined.template.v1": "Template",
    "determined.tensorboard.v1": "Tensorboard",
    "determined.trial.v1": (
        "CheckpointWorkload MetricsReport MetricsWorkload RendezvousInfo Trial TrialEarlyExit TrialMetrics TrialProfilerMetricLabels "
        "TrialProfilerMetricsBatch TrialRunnerMetadata TrialSourceInfo State=TrialState TrialEarlyExit.ExitedReason "
        "TrialProfilerMetricLabels.ProfilerMetricType TrialSourceInfoType"
    ),
    "determined.user.v1": "AgentUserGroup PatchUser TokenInfo User UserWebSetting ActivityType EntityType TokenType",
    "determined.util.v1": "File",
    "determined.webhook.v1": "CustomWebhookEventData PatchWebhook Trigger Webhook TriggerType WebhookMode WebhookType",
    "determined.workspace.v1": "PatchWorkspace Workspace WorkspaceNamespaceBinding WorkspaceNamespaceMeta WorkspaceState",
    "echo": "HealthCheck ResourceManagerHealth Error=EchoError HealthStatus",
    "gateway": "ErrorBody ErrorMessage StreamErrorChunk StreamError",
    "google.protobuf": "FieldMask",
}


@cache
def _by_class() -> dict[str, str]:
    found = {}
    for package, words in PACKAGES.items():
        for word in words.split():
            name, _, cls = word.partition("=")
            found[cls or name.replace(".", "")] = f"{package}.{name}"
    return found


def contract_name(cls: type) -> str:
    """The full name, such as `determined.api.v1.GetUsersRequest.SortBy`."""
    return _by_class().get(cls.__name__) or f"determined.api.v1.{cls.__name__}"


def go_name(cls: type) -> str:
    """The name as the reference's own error texts spell it, such as `apiv1.GetUsersRequest_SortBy`."""
    _, package, version, name = contract_name(cls).split(".", 3)
    return f"{package}{version}.{name.replace('.', '_')}"
