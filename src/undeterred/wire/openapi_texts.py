"""What the OpenAPI document says of fields and tags: a table by field name, exceptions by endpoint. Read only when the document is made."""

from typing import Any

from undeterred.wire.base import Endpoint

_SLICE = "How many at most; 0 means all."
_PAGE = "How many at most; 0 means 100, -1 all, -2 none, only the pagination."
_USERS = "Only what these users own, by user name; repeat the key for more than one."
_LOG_LIMIT = "How many lines at most; 0 means all there are. It cannot be given together with follow."
_PART = "Only those whose name has this text somewhere, in any case; % and _ are wildcards."
_WHOLE = "Only those with this name, in any case; % and _ are wildcards, so ask for %text% to find a part."
_STEP = "A step: the number of batches trained so far."
_IGNORED = "Accepted and not looked at."
_TASK_ID = "The task's id, a UUID."


def _each(names: str, field: str, text: str) -> dict[str, str]:
    return {f"{name}.{field}": text for name in names.split()}


FIELDS: dict[str, str] = {
    # ids
    "agentId": "The machine's id, as the list of agents has it.",
    "allocationId": "The allocation's id: a task's id, a dot and a number.",
    "checkpointUuid": "The checkpoint's UUID.",
    "checkpointUuids": "The UUIDs of the checkpoints.",
    "commandId": _TASK_ID,
    "destinationProjectId": "The id of the project to move to.",
    "destinationWorkspaceId": "The id of the workspace to move to.",
    "experimentId": "The experiment's id, a number.",
    "experimentIds": "The ids of the experiments; ignored where filters are given.",
    "externalExperimentId": "Your own name for the experiment, unique in the cluster.",
    "externalTrialId": "Your own name for the trial, unique in its experiment.",
    "groupId": "The group's id, a number.",
    "modelName": "The model's name, or its id: digits alone are an id.",
    "modelVersionNum": "The number of the version: 1, 2, 3 …",
    "notebookId": _TASK_ID,
    "parentId": "The id of what this one is forked from; 0 or nothing: from none.",
    "projectId": "The project's id, a number.",
    "requestUuid": "A UUID of your own for this request, the same one when it is repeated.",
    "resourcePoolName": "The name of the resource pool.",
    "resourcesId": "The id of the container, as the task's environment has it.",
    "roleIds": "The ids of the roles.",
    "runId": "The run's id, which is its trial's id.",
    "runIds": "The ids of the runs; give these or a filter.",
    "shellId": _TASK_ID,
    "slotId": "The number of the slot on its machine.",
    "sourceProjectId": "The id of the project that the runs are in now.",
    "taskId": "The task's id; a trial's task has the trial's id and a UUID in it.",
    "tensorboardId": _TASK_ID,
    "tokenId": "The token's id, a number (not the token itself).",
    "trialId": "The trial's id, a number.",
    "trialIds": "The ids of the trials; repeat the key for more than one.",
    "userId": "The user's id, a number.",
    "userIds": "The ids of the users.",
    "uuid": "The checkpoint's UUID.",
    "workspaceId": "The workspace's id, a number.",
    "workspaceIds": "The ids of the workspaces.",
    # lists
    "filter": "A filter document as JSON text: groups of conditions joined by and, or; without one nothing is left out.",
    "filters": "What the experiments must be like, instead of ids.",
    "follow": "Stay connected and send what is new as it comes, until it has ended.",
    "limit": _SLICE,
    "offset": "How many to skip; a negative number counts from the end.",
    "orderBy": "Ascending unless it says descending.",
    "sort": "Columns with directions, such as `id=desc,hp.lr=asc,validation.loss.min=asc`.",
    "sortBy": "What to sort by; by id when left out.",
    # what things are made of
    "addGroups": "The ids of the groups to add them to.",
    "addUsers": "The ids of the users to add.",
    "activate": "Start at once; otherwise it waits until it is activated.",
    "checkpointGlobs": "Patterns of the files to remove, such as `**/optimizer*`; files are named from the checkpoint's folder.",
    "checkpointStorage": "Where checkpoints are stored, and how many of them stay.",
    "clusterNamespaceMeta": "The namespace to bind to, by name of the Kubernetes cluster.",
    "clusterQuotaPairs": "How many slots at most, by name of the Kubernetes cluster.",
    "comment": "A short remark.",
    "config": "The configuration.",
    "configPolicies": "Limits and fixed configuration, as YAML or JSON text.",
    "contextDirectory": "The files that the task starts with.",
    "data": "Data for the task, as its kind wants them.",
    "defaultAuxPool": "The resource pool for tasks without slots.",
    "defaultComputePool": "The resource pool for tasks with slots.",
    "description": "A text for people.",
    "displayName": "The name that others see.",
    "drain": "Let what runs there end by itself; otherwise it is ended now.",
    "files": "The files that the task starts with.",
    "groupRoleAssignments": "Roles of groups, each with its scope.",
    "hparams": "The hyperparameters, by name.",
    "idle": "Whether nobody has used it lately.",
    "isHashed": "The password is already hashed, as the det client does it.",
    "key": "The short key: 1 to 5 letters and digits.",
    "label": "The label's text.",
    "labels": "Labels, a list of texts; the list replaces the one before.",
    "metadata": "Free metadata, a JSON object; it replaces what was there.",
    "modelDefinition": "The files of the code, folders included; a request has 96 MiB at most.",
    "name": "The name.",
    "newName": "The name from now on.",
    "notes": "Notes as Markdown.",
    "numDays": "For how many days logs are kept after the end; -1 for ever, 0 not at all.",
    "numPeers": "How many peers to wait for, this one included.",
    "oldName": "The name until now.",
    "overrideConfig": "YAML that goes over the configuration of the first time.",
    "password": "The password; an empty text is a blank one.",
    "path": "The file's path below the root of the code.",
    "preview": "Only answer the resulting configuration, start nothing.",
    "priority": "1 to 99; the smaller goes first.",
    "progress": "How far it is: from 0 to 1.",
    "removeGroups": "The ids of the groups to take them out of.",
    "removeUsers": "The ids of the users to take out.",
    "resources": "What it may use: priority, weight and most slots.",
    "seed": "The seed of the search; the same seed makes the same trials.",
    "setRevoked": "Revoke the token for good.",
    "skipMultitrial": "Leave out runs of experiments that have several.",
    "template": "The name of a template that goes below the configuration.",
    "templateName": "The name of a template.",
    "unmanaged": "Your own code trains it, wherever it runs; the master only keeps what it reports.",
    "url": "The URL to call.",
    "userRoleAssignments": "Roles of users, each with its scope.",
    "username": "The user name.",
    "validateOnly": "Only check, create nothing.",
    "workloadType": "EXPERIMENT, or NTSC for notebooks, TensorBoards, shells and commands.",
    "workspaceName": "The workspace's name.",
    "agentUserGroup": "The account under which tasks run on the machines.",
    # metrics
    "batchesMargin": "How many batches beside batchesProcessed still count, 100 at most.",
    "batchesProcessed": _STEP,
    "endBatches": "The last step that is wanted; 0 means no end. A step is the number of batches trained so far.",
    "group": "The metric group: training, validation, or one of your own.",
    "maxDatapoints": "How many points a curve has at most.",
    "maxTrials": "How many trials at most; 0 means 25.",
    "metricGroup": "Only the reports of this metric group.",
    "metricIds": "Metrics as group.name, such as validation.accuracy.",
    "metricName": "The name of the metric.",
    "metricNames": "Names of metrics in the group that group or metricType says, else in training and validation.",
    "metricType": "The older way to say group: training or validation.",
    "periodSeconds": "Seconds between two looks; 0 means 30.",
    "startBatches": "The first step that is wanted. A step is the number of batches trained so far.",
    "trialSourceInfoType": "What for the trial used the checkpoint: inference or fine tuning.",
}

ASKED: dict[str, str] = {  # of a query, before FIELDS
    "active": "Only users who may log in (true) or may not (false).",
    "admin": "Only administrators (true) or only other users (false).",
    "agentIds": "Only lines from these machines.",
    "allocationIds": "Only lines of these allocations.",
    "archived": "Only what is archived (true) or is not (false); both when left out.",
    "clusterNames": "The names of the Kubernetes clusters.",
    "containerIds": "Only lines of these containers, by full id.",
    "description": "Only those whose description has this text somewhere, in any case; % and _ are wildcards.",
    "enableRegex": "Accepted and not looked at: searchText is always plain text with % and _.",
    "endDate": "The last day (2024-05-31) or month (2024-05) of the report, UTC.",
    "excludeContainers": "Leave the containers out of the answer.",
    "excludeSlots": "Leave the slots out of the answer.",
    "excludedExperimentIds": "All but these experiments.",
    "gt": "Greater than this.",
    "gte": "This or greater.",
    "id": "Only the one with this id; 0 means any.",
    "ids": "The ids of the experiments; at least one, repeat the key for more.",
    "includeBatchMetrics": "Show the metrics of single batches too, not only their averages.",
    "incl": "Only these values; repeat the key for more than one.",
    "labels": "Only those with all of these labels; several may come in one value, parted by commas.",
    "levels": "Only lines of exactly these levels.",
    "lt": "Less than this.",
    "lte": "This or less.",
    "nameCaseSensitive": "Only the one with exactly this name.",
    "notIn": "All but these values; repeat the key for more than one.",
    "period": "How to sum up: per day or per month.",
    "pinned": "Only what you have pinned (true) or have not (false); both when left out.",
    "projectId": "Only experiments of this project; 0 means any.",
    "rankIds": "Only lines of these ranks of a distributed trial; -1 means lines without a rank.",
    "removeDeletedCheckpoints": "Leave out checkpoints whose files are deleted.",
    "resourcePool": "Only jobs of this resource pool; all pools when empty.",
    "resourcePools": "Only these resource pools; all when left out.",
    "roleIdAssignedDirectlyToUser": "Only users with one of these roles; refused without role-based access control.",
    "searchText": "Only lines with this text, in any case; % and _ are wildcards, a backslash takes their meaning away.",
    "showInactive": "Show revoked and expired tokens too.",
    "showTrialData": "Fill in the trial fields of experiments that have one trial only.",
    "sortByAttr": "What to sort by; by trial when left out. It excludes sortByMetric.",
    "sortByMetric": "The name of a validation metric to sort by. It excludes sortByAttr.",
    "sortKey": "batches, or the name of a metric to sort by; by step when left out.",
    "sources": "Only lines from these sources, such as task or master.",
    "startDate": "The first day (2024-05-01) or month (2024-05) of the report, UTC.",
    "states": "Only those in one of these states; repeat the key for more than one.",
    "stdtypes": "Only lines of stdout or of stderr.",
    "tableType": "For which table: experiments (when left out) or runs.",
    "timeoutSeconds": "For how many seconds to wait at most; 0 answers at once.",
    "timestampAfter": "Only what is later than this time (RFC 3339, such as 2024-05-01T12:00:00Z).",
    "timestampBefore": "Only what is not later than this time (RFC 3339, such as 2024-05-01T12:00:00Z).",
    "tokenIds": "Only these tokens; all when left out.",
    "unbound": "Only pools that every workspace may use.",
    "userIds": "Only what these users own, by user id. Together with users, both must hold.",
    "users": _USERS,
    "workspaceId": "Only what is in this workspace; 0 or nothing means any.",
    "workspaceIds": "Only what is in these workspaces.",
    "workspaceNames": "Only what is in these workspaces, by name; ignored beside workspaceIds.",
}

EXCEPTIONS: dict[str, str] = {
    **_each("GetExperiments SearchExperiments SearchRuns GetExperimentTrials GetTemplates", "limit", _PAGE),
    **_each("GetJobs GetJobsV2", "limit", "How many at most; 0 means 100."),
    **_each("TaskLogs MasterLogs", "limit", _LOG_LIMIT),
    **_each("GetWorkspaces GetWorkspaceProjects", "name", _WHOLE),
    **_each("GetExperiments GetModels GetTemplates BulkExperimentFilters", "name", _PART),
    **_each(
        "GetNotebooks GetCommands GetShells GetTensorboards", "userIds", "Only what these users own, by user id, beside those in users."
    ),
    **_each(
        "TaskLogsFields TrialLogsFields", "follow", "Stay connected and send the values again when there are new ones, until the task ends."
    ),
    **_each("GetJobs GetJobsV2", "orderBy", "The next to run first, unless it says descending."),
    **_each("TaskLogs TrialLogs", "orderBy", "Oldest line first, unless it says descending; a follow of the log wants the first."),
    **_each(
        "LaunchCommand LaunchNotebook LaunchShell LaunchTensorboard PostModel",
        "workspaceId",
        "The id of the workspace to put it into; nothing means Uncategorized.",
    ),
    **_each("ResourceAllocationRaw", "timestampAfter", "The start of the span (RFC 3339, such as 2024-05-01T00:00:00Z); it must be given."),
    **_each("ResourceAllocationRaw", "timestampBefore", "The end of the span (RFC 3339, such as 2024-06-01T00:00:00Z); it must be given."),
    **_each("TaskLogs TrialLogs MasterLogs", "follow", "Stay connected and send new lines as they come, until the end."),
    **_each("LaunchCommand LaunchNotebook LaunchShell LaunchTensorboard", "config", "The task's configuration, a JSON object."),
    **_each("CreateExperiment CreateGenericTask", "config", "The configuration as YAML or JSON text."),
    **_each("LaunchTensorboard", "trialIds", "Show these trials."),
    **_each("LaunchTensorboard", "experimentIds", "Show all trials of these experiments."),
    **_each("MoveRuns", "filter", "Which runs, as a filter document (JSON text); instead of ids."),
    **_each(
        "ArchiveRuns UnarchiveRuns PauseRuns ResumeRuns KillRuns DeleteRuns", "filter", "Which runs, as a filter document (JSON text)."
    ),
    "AllocationAllGather.data": "What this peer brings for the others, a JSON object.",
    "BulkExperimentFilters.projectId": "Only experiments of this project, beside that of the path; 0 means any.",
    "CompareTrials.maxDatapoints": "How many points a curve has at most; 0 means 200, -1 all.",
    "CreateExperiment.parentId": "The id of the experiment to fork: its code is taken; 0 means none.",
    "CreateExperiment.projectId": "The project to put it into; 0 means what the configuration says, else Uncategorized.",
    "CreateGenericTask.parentId": "The id of the task that this one belongs to.",
    "GetExperimentTrials.states": "Only trials in one of these states, as they are kept: STATE_ACTIVE for those that wait or run.",
    "GetExperiments.states": "Only experiments in one of these states, as they are kept: STATE_ACTIVE for those that wait or run.",
    "GetGroups.limit": "How many at most, 1 to 500; it must be given.",
    "GetGroups.name": "Only the group with exactly this name.",
    "GetGroups.userId": "Only groups that have this member; 0 means any.",
    "GetModelVersions.sortBy": "What to sort by; by version number when left out.",
    "GetModels.labels": "Only models with any of these labels; repeat the key for more than one.",
    "GetAccessTokens.username": "Only this user's tokens; all users' when empty, which only administrators may ask for.",
    "GetExperimentLabels.projectId": "Only labels of this project's experiments; 0 means any.",
    "GetProjectsByUserActivity.limit": "How many at most, 0 to 500; 0 means none.",
    "GetTrialWorkloads.filter": "Only validations, only checkpoints (with the validations at their steps), or both.",
    "GetTrialWorkloads.limit": "How many at most; 0 or -1 means all, -2 none, only the pagination.",
    "GetTrialWorkloads.group": _IGNORED,
    "GetTrialWorkloads.metricType": _IGNORED,
    **_each("GetUsers UserFilters", "name", "Only users whose user name or display name has this text somewhere, in any case."),
    "GetWorkspaceProjects.id": "The id of the workspace; 0 means all workspaces.",
    "ListRoles.limit": "How many at most; 0 means 500, a negative number all.",
    "MasterLogs.offset": "How many lines to skip; a negative number asks for the last ones.",
    "Pagination.endIndex": "The index behind the last one in this answer.",
    "Pagination.startIndex": "The index of the first one in this answer, from 0.",
    "Pagination.total": "How many there are, after the filters.",
    "Pagination.limit": "The limit that was asked for.",
    "Pagination.offset": "The offset that was asked for.",
    "PatchTrial.state": "The trial's state from now on; left out: only a sign of life.",
    "PatchUsers.activate": "Let them log in (true) or not (false).",
    "PostAccessToken.lifespan": "How long it is good, such as 720h; -1: as long as permitted; left out: 30 days, or what is configured.",
    "ReportTrialProgress.isRaw": _IGNORED,
    "SearchRolesAssignableToScope.limit": "How many at most; 0 means 500, a negative number all.",
    "SearchExperiments.projectId": "Only experiments of this project; all when left out.",
    "SearchRuns.projectId": "Only runs of this project; all when left out.",
    "StartTrial.resume": "Go on from the latest checkpoint; otherwise only the first start is taken.",
    "TrialLogs.limit": "How many lines at most; 0 means all there are.",
    "TrialsSample.maxDatapoints": "How many points a curve has at most; 0 means 1000.",
    "GetTrialProfilerMetrics.labels.agentId": "The machine whose values are wanted; it must be given.",
    "GetTrialProfilerMetrics.labels.gpuUuid": "Only this GPU; all of the machine when empty.",
    "GetTrialProfilerMetrics.labels.metricType": "Sent back as it is.",
    "GetTrialProfilerMetrics.labels.name": "The name of the series, such as gpu_util; it must be given.",
    "CompareTrials.timeSeriesFilter.name": "What the ranges are about: batches (when empty), time, epoch, or a metric.",
}

TAGS: dict[str, str] = {
    "Alpha": "Calls that may still change.",
    "Authentication": "Log in and out, and see who you are.",
    "Checkpoints": "What trials have saved: files, metadata, removal.",
    "Cluster": "The master and its machines, and who used how much.",
    "Commands": "Programs that run once on the cluster.",
    "Experiments": "Trainings with one trial or a search over many: make, find, steer, archive, delete.",
    "Internal": "Calls of the task code, the web page and tools; people seldom need them.",
    "Jobs": "What waits and runs, with its logs.",
    "Models": "The registry: models and their versions, each one a checkpoint.",
    "Notebooks": "JupyterLab on the cluster.",
    "Profiler": "System metrics of trials: GPU, CPU, memory, network.",
    "Projects": "Places for experiments inside workspaces.",
    "RBAC": "Roles: who may do what, where.",
    "Shells": "Machines of the cluster by SSH.",
    "Tasks": "Everything that runs, of every kind, with its logs.",
    "Templates": "Shared pieces of configuration.",
    "Tensorboards": "TensorBoard over experiments and trials.",
    "Tokens": "Long-lived access tokens for programs.",
    "Trials": "One training with one set of hyperparameters: state, metrics, logs.",
    "Users": "Who may log in, and what is kept for them.",
    "Webhooks": "Calls to other services when something happens.",
    "Workspaces": "The outermost places: projects, models and settings of a team.",
}

_FILTERS = ("BulkExperimentFilters", "UserFilters")


def of_parameter(e: Endpoint[Any, Any], name: str) -> str:
    """What a parameter of a query means; "" where nothing is said."""
    last = name.rpartition(".")[2]
    return EXCEPTIONS.get(f"{e.name}.{name}") or ASKED.get(last) or FIELDS.get(last, "")


def of_path_parameter(e: Endpoint[Any, Any], name: str) -> str:
    """What a parameter of a path means: an id is that of the noun before it."""
    last = name.rpartition(".")[2]
    if last in ("id", "name"):
        noun = e.path.partition("/{" + name + "}")[0].rpartition("/")[2].removesuffix("s")
        return EXCEPTIONS.get(f"{e.name}.{name}") or f"The {last} of the {noun}."
    return FIELDS.get(last, "")


def of_field(message: str, name: str, query: bool) -> str:
    """What a field of a message means. query: of a request whose fields are read from the query."""
    owner = message.removesuffix("Request")
    found = EXCEPTIONS.get(f"{owner}.{name}")
    if found or (owner == message and owner not in _FILTERS and not owner.startswith("Patch")):
        return found or ""
    return (ASKED.get(name, "") if query or owner in _FILTERS else "") or FIELDS.get(name, "")
