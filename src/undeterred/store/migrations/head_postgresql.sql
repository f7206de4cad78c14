CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (name)
);

CREATE TABLE lease (
	name TEXT NOT NULL, 
	epoch BIGINT DEFAULT '0' NOT NULL, 
	holder TEXT DEFAULT '' NOT NULL, 
	taken_at BIGINT NOT NULL, 
	CONSTRAINT pk_lease PRIMARY KEY (name)
);

CREATE TABLE nodes (
	id TEXT NOT NULL, 
	pool TEXT NOT NULL, 
	host TEXT DEFAULT '' NOT NULL, 
	slots TEXT DEFAULT '[]' NOT NULL, 
	enabled INTEGER DEFAULT '1' NOT NULL, 
	draining INTEGER DEFAULT '0' NOT NULL, 
	present INTEGER DEFAULT '1' NOT NULL, 
	registered_at BIGINT NOT NULL, 
	CONSTRAINT pk_nodes PRIMARY KEY (id)
);

CREATE TABLE collections (
	id BIGSERIAL NOT NULL, 
	kind TEXT NOT NULL, 
	experiment_id BIGINT, 
	wanted TEXT NOT NULL, 
	requested_at BIGINT NOT NULL, 
	retry_at BIGINT NOT NULL, 
	tries BIGINT DEFAULT '0' NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_collections PRIMARY KEY (id)
);

CREATE TABLE model_definitions (
	id BIGSERIAL NOT NULL, 
	sha256 TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	archive BYTEA NOT NULL, 
	CONSTRAINT pk_model_definitions PRIMARY KEY (id), 
	CONSTRAINT uq_model_definitions_sha256 UNIQUE (sha256)
);

CREATE TABLE allocations (
	id TEXT NOT NULL, 
	task_id TEXT NOT NULL, 
	run BIGINT NOT NULL, 
	job_id TEXT, 
	state TEXT NOT NULL, 
	pool TEXT DEFAULT '' NOT NULL, 
	slots_wanted BIGINT DEFAULT '0' NOT NULL, 
	requested_at BIGINT NOT NULL, 
	started_at BIGINT, 
	ended_at BIGINT, 
	is_ready INTEGER DEFAULT '0' NOT NULL, 
	said TEXT, 
	proxy_address TEXT, 
	epoch BIGINT DEFAULT '0' NOT NULL, 
	node_id TEXT, 
	slot_ids TEXT DEFAULT '[]' NOT NULL, 
	container_id TEXT, 
	ports TEXT DEFAULT '{}' NOT NULL, 
	addresses TEXT DEFAULT '[]' NOT NULL, 
	token_hash TEXT, 
	supervisor_hash TEXT, 
	secrets TEXT, 
	stop_kind TEXT, 
	stop_reason TEXT, 
	stop_at BIGINT, 
	preempt_acked INTEGER DEFAULT '0' NOT NULL, 
	kill_at BIGINT, 
	exit_code BIGINT, 
	failure TEXT, 
	exit_reason TEXT, 
	log_next BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_allocations PRIMARY KEY (id)
);

CREATE TABLE accelerators (
	id BIGSERIAL NOT NULL, 
	allocation_id TEXT NOT NULL, 
	task_id TEXT DEFAULT '' NOT NULL, 
	container_id TEXT DEFAULT '' NOT NULL, 
	node_name TEXT DEFAULT '' NOT NULL, 
	kind TEXT DEFAULT '' NOT NULL, 
	uuids TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_accelerators PRIMARY KEY (id)
);

CREATE TABLE task_logs (
	id BIGSERIAL NOT NULL, 
	task_id TEXT NOT NULL, 
	lines BIGINT NOT NULL, 
	first_at BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	kinds TEXT NOT NULL, 
	shape TEXT, 
	times TEXT NOT NULL, 
	logs TEXT NOT NULL, 
	CONSTRAINT pk_task_logs PRIMARY KEY (id)
);

CREATE TABLE log_kinds (
	task_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	CONSTRAINT pk_log_kinds PRIMARY KEY (task_id, kind)
);

CREATE TABLE log_matches (
	id BIGSERIAL NOT NULL, 
	task_id TEXT NOT NULL, 
	agent_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	pattern TEXT NOT NULL, 
	log TEXT NOT NULL, 
	CONSTRAINT pk_log_matches PRIMARY KEY (id), 
	CONSTRAINT uq_log_matches_task_id_agent_id_action_pattern UNIQUE (task_id, agent_id, action, pattern)
);

CREATE TABLE metrics (
	id BIGSERIAL NOT NULL, 
	trial_id BIGINT NOT NULL, 
	metric_group TEXT NOT NULL, 
	batches BIGINT NOT NULL, 
	run_id BIGINT NOT NULL, 
	reported_at BIGINT, 
	body TEXT NOT NULL, 
	signed DOUBLE PRECISION, 
	searched INTEGER DEFAULT '0' NOT NULL, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	profiling INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_metrics PRIMARY KEY (id)
);

CREATE TABLE storages (
	id BIGSERIAL NOT NULL, 
	config TEXT NOT NULL, 
	CONSTRAINT pk_storages PRIMARY KEY (id), 
	CONSTRAINT uq_storages_config UNIQUE (config)
);

CREATE TABLE users (
	id BIGSERIAL NOT NULL, 
	username TEXT NOT NULL, 
	display_name TEXT DEFAULT '' NOT NULL, 
	password_hash TEXT, 
	admin INTEGER DEFAULT '0' NOT NULL, 
	active INTEGER DEFAULT '1' NOT NULL, 
	remote INTEGER DEFAULT '0' NOT NULL, 
	modified_at BIGINT NOT NULL, 
	last_auth_at BIGINT, 
	agent_user_group TEXT, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_username UNIQUE (username)
);

CREATE TABLE jobs (
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	pool TEXT DEFAULT '' NOT NULL, 
	priority BIGINT DEFAULT '42' NOT NULL, 
	weight DOUBLE PRECISION DEFAULT '1' NOT NULL, 
	submitted_at BIGINT NOT NULL, 
	position BIGINT DEFAULT '0' NOT NULL, 
	queued INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT fk_jobs_owner_id FOREIGN KEY(owner_id) REFERENCES users (id)
);

CREATE TABLE workspaces (
	id BIGSERIAL NOT NULL, 
	name TEXT NOT NULL, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	immutable INTEGER DEFAULT '0' NOT NULL, 
	user_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	state TEXT DEFAULT 'UNSPECIFIED' NOT NULL, 
	error_message TEXT DEFAULT '' NOT NULL, 
	agent_user_group TEXT, 
	checkpoint_storage TEXT, 
	default_compute_pool TEXT DEFAULT '' NOT NULL, 
	default_aux_pool TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_workspaces PRIMARY KEY (id), 
	CONSTRAINT uq_workspaces_name UNIQUE (name), 
	CONSTRAINT fk_workspaces_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE sessions (
	id BIGSERIAL NOT NULL, 
	user_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	token_hash TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	revoked INTEGER DEFAULT '0' NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE user_settings (
	user_id BIGINT NOT NULL, 
	storage_path TEXT DEFAULT '' NOT NULL, 
	key TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT uq_user_settings_user_id_storage_path_key UNIQUE (user_id, storage_path, key), 
	CONSTRAINT fk_user_settings_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE user_activity (
	user_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	entity TEXT NOT NULL, 
	entity_id BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	CONSTRAINT uq_user_activity_user_id_entity_entity_id_kind UNIQUE (user_id, entity, entity_id, kind), 
	CONSTRAINT fk_user_activity_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE models (
	id BIGSERIAL NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	metadata TEXT DEFAULT '{}' NOT NULL, 
	labels TEXT DEFAULT '[]' NOT NULL, 
	notes TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	user_id BIGINT NOT NULL, 
	workspace_id BIGINT NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (id), 
	CONSTRAINT uq_models_name UNIQUE (name), 
	CONSTRAINT fk_models_user_id FOREIGN KEY(user_id) REFERENCES users (id), 
	CONSTRAINT fk_models_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE workspace_pins (
	workspace_id BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	pinned_at BIGINT NOT NULL, 
	CONSTRAINT uq_workspace_pins_workspace_id_user_id UNIQUE (workspace_id, user_id), 
	CONSTRAINT fk_workspace_pins_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT fk_workspace_pins_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE projects (
	id BIGSERIAL NOT NULL, 
	name TEXT NOT NULL, 
	workspace_id BIGINT NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	immutable INTEGER DEFAULT '0' NOT NULL, 
	user_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	notes TEXT DEFAULT '[]' NOT NULL, 
	state TEXT DEFAULT 'UNSPECIFIED' NOT NULL, 
	error_message TEXT DEFAULT '' NOT NULL, 
	key TEXT NOT NULL, 
	max_local_id BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_projects PRIMARY KEY (id), 
	CONSTRAINT uq_projects_workspace_id_name UNIQUE (workspace_id, name), 
	CONSTRAINT uq_projects_key UNIQUE (key), 
	CONSTRAINT fk_projects_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT fk_projects_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE templates (
	name TEXT NOT NULL, 
	config TEXT NOT NULL, 
	workspace_id BIGINT NOT NULL, 
	CONSTRAINT pk_templates PRIMARY KEY (name), 
	CONSTRAINT fk_templates_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE experiments (
	id BIGSERIAL NOT NULL, 
	state TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT, 
	labels TEXT DEFAULT '[]' NOT NULL, 
	job_id TEXT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	project_id BIGINT NOT NULL, 
	parent_id BIGINT, 
	model_definition_id BIGINT, 
	resource_pool TEXT DEFAULT '' NOT NULL, 
	searcher_name TEXT DEFAULT '' NOT NULL, 
	searcher_metric TEXT DEFAULT '' NOT NULL, 
	smaller_is_better INTEGER DEFAULT '1' NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	unmanaged INTEGER DEFAULT '0' NOT NULL, 
	external_id TEXT, 
	progress DOUBLE PRECISION, 
	progress_nan INTEGER DEFAULT '0' NOT NULL, 
	best_trial_id BIGINT, 
	best_metric DOUBLE PRECISION, 
	num_trials BIGINT DEFAULT '0' NOT NULL, 
	checkpoint_count BIGINT DEFAULT '0' NOT NULL, 
	checkpoint_size BIGINT DEFAULT '0' NOT NULL, 
	max_restarts BIGINT DEFAULT '5' NOT NULL, 
	slots_per_trial BIGINT DEFAULT '1' NOT NULL, 
	log_retention_days BIGINT, 
	move_version BIGINT DEFAULT '0' NOT NULL, 
	hyperparameters TEXT DEFAULT '{}' NOT NULL, 
	notes TEXT DEFAULT '' NOT NULL, 
	config TEXT NOT NULL, 
	config_shown TEXT, 
	original_config TEXT NOT NULL, 
	CONSTRAINT pk_experiments PRIMARY KEY (id), 
	CONSTRAINT uq_experiments_external_id UNIQUE (external_id), 
	CONSTRAINT fk_experiments_owner_id FOREIGN KEY(owner_id) REFERENCES users (id), 
	CONSTRAINT fk_experiments_project_id FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT fk_experiments_model_definition_id FOREIGN KEY(model_definition_id) REFERENCES model_definitions (id)
);

CREATE TABLE model_versions (
	id BIGSERIAL NOT NULL, 
	model_id BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	checkpoint_uuid TEXT NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	comment TEXT DEFAULT '' NOT NULL, 
	notes TEXT DEFAULT '' NOT NULL, 
	labels TEXT DEFAULT '[]' NOT NULL, 
	metadata TEXT DEFAULT '{}' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	CONSTRAINT pk_model_versions PRIMARY KEY (id), 
	CONSTRAINT uq_model_versions_model_id_version UNIQUE (model_id, version), 
	CONSTRAINT fk_model_versions_model_id FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT fk_model_versions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE former_keys (
	key TEXT NOT NULL, 
	project_id BIGINT NOT NULL, 
	CONSTRAINT pk_former_keys PRIMARY KEY (key), 
	CONSTRAINT fk_former_keys_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE TABLE searches (
	experiment_id BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	events_done BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT uq_searches_experiment_id UNIQUE (experiment_id), 
	CONSTRAINT fk_searches_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);

CREATE TABLE search_events (
	id BIGSERIAL NOT NULL, 
	experiment_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	CONSTRAINT pk_search_events PRIMARY KEY (id), 
	CONSTRAINT fk_search_events_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);

CREATE TABLE trials (
	id BIGSERIAL NOT NULL, 
	experiment_id BIGINT NOT NULL, 
	request_id TEXT, 
	external_id TEXT, 
	state TEXT NOT NULL, 
	seed BIGINT DEFAULT '0' NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	last_activity_at BIGINT, 
	run_id BIGINT DEFAULT '0' NOT NULL, 
	restarts BIGINT DEFAULT '0' NOT NULL, 
	total_batches BIGINT DEFAULT '0' NOT NULL, 
	progress DOUBLE PRECISION, 
	runner_state TEXT DEFAULT '' NOT NULL, 
	metrics_run_id BIGINT DEFAULT '0' NOT NULL, 
	older_batches BIGINT, 
	best_validation_id BIGINT, 
	latest_validation_id BIGINT, 
	latest_validation_at BIGINT, 
	best_signed DOUBLE PRECISION, 
	searcher_metric_value DOUBLE PRECISION, 
	checkpoint_count BIGINT DEFAULT '0' NOT NULL, 
	checkpoint_size BIGINT DEFAULT '0' NOT NULL, 
	best_checkpoint TEXT, 
	best_checkpoint_signed DOUBLE PRECISION, 
	latest_checkpoint TEXT, 
	warm_start TEXT, 
	log_retention_days BIGINT, 
	log_policy_matched TEXT, 
	local_id BIGINT DEFAULT '0' NOT NULL, 
	archived INTEGER DEFAULT '0' NOT NULL, 
	stopped_by_search INTEGER DEFAULT '0' NOT NULL, 
	early_exit TEXT, 
	early_exit_at BIGINT, 
	project_id BIGINT DEFAULT '1' NOT NULL, 
	hparams TEXT DEFAULT '{}' NOT NULL, 
	summary_metrics TEXT, 
	metadata TEXT, 
	CONSTRAINT pk_trials PRIMARY KEY (id), 
	CONSTRAINT uq_trials_experiment_id_external_id UNIQUE (experiment_id, external_id), 
	CONSTRAINT fk_trials_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);

CREATE TABLE tasks (
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	job_id TEXT, 
	trial_id BIGINT, 
	experiment_id BIGINT, 
	owner_id BIGINT, 
	spec TEXT, 
	state TEXT, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	log_retention_days BIGINT, 
	logs_removed INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_tasks PRIMARY KEY (id), 
	CONSTRAINT fk_tasks_trial_id FOREIGN KEY(trial_id) REFERENCES trials (id), 
	CONSTRAINT fk_tasks_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id), 
	CONSTRAINT fk_tasks_owner_id FOREIGN KEY(owner_id) REFERENCES users (id)
);

CREATE TABLE checkpoints (
	id BIGSERIAL NOT NULL, 
	uuid TEXT NOT NULL, 
	task_id TEXT, 
	allocation_id TEXT, 
	trial_id BIGINT, 
	experiment_id BIGINT, 
	state TEXT NOT NULL, 
	reported_at BIGINT NOT NULL, 
	resources TEXT DEFAULT '{}' NOT NULL, 
	metadata TEXT, 
	batches BIGINT DEFAULT '0' NOT NULL, 
	size_bytes BIGINT DEFAULT '0' NOT NULL, 
	storage_id BIGINT, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (id), 
	CONSTRAINT uq_checkpoints_uuid UNIQUE (uuid), 
	CONSTRAINT fk_checkpoints_trial_id FOREIGN KEY(trial_id) REFERENCES trials (id), 
	CONSTRAINT fk_checkpoints_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id), 
	CONSTRAINT fk_checkpoints_storage_id FOREIGN KEY(storage_id) REFERENCES storages (id)
);

CREATE TABLE trial_sources (
	trial_id BIGINT NOT NULL, 
	checkpoint_uuid TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	model_id BIGINT, 
	model_version BIGINT, 
	CONSTRAINT uq_trial_sources_trial_id_checkpoint_uuid UNIQUE (trial_id, checkpoint_uuid), 
	CONSTRAINT fk_trial_sources_trial_id FOREIGN KEY(trial_id) REFERENCES trials (id)
);

CREATE INDEX ix_accelerators_allocation_id ON accelerators (allocation_id);

CREATE INDEX ix_accelerators_task_id ON accelerators (task_id);

CREATE INDEX ix_allocations_ended_at ON allocations (ended_at);

CREATE INDEX ix_allocations_job_id_state ON allocations (job_id, state);

CREATE INDEX ix_allocations_state ON allocations (state);

CREATE INDEX ix_allocations_task_id_run ON allocations (task_id, run);

CREATE INDEX ix_allocations_token_hash ON allocations (token_hash);

CREATE INDEX ix_checkpoints_experiment_id_state ON checkpoints (experiment_id, state);

CREATE INDEX ix_checkpoints_task_id ON checkpoints (task_id);

CREATE INDEX ix_checkpoints_trial_id_batches ON checkpoints (trial_id, batches);

CREATE INDEX ix_checkpoints_trial_id_state_reported_at ON checkpoints (trial_id, state, reported_at);

CREATE INDEX ix_collections_experiment_id ON collections (experiment_id);

CREATE INDEX ix_collections_retry_at ON collections (retry_at);

CREATE INDEX ix_experiments_job_id ON experiments (job_id);

CREATE INDEX ix_experiments_model_definition_id ON experiments (model_definition_id);

CREATE INDEX ix_experiments_owner_id_id ON experiments (owner_id, id);

CREATE INDEX ix_experiments_project_id_id ON experiments (project_id, id);

CREATE INDEX ix_experiments_project_id_started_at ON experiments (project_id, started_at);

CREATE INDEX ix_experiments_state_id ON experiments (state, id);

CREATE INDEX ix_former_keys_project_id ON former_keys (project_id);

CREATE INDEX ix_jobs_queued_priority_position ON jobs (queued, priority, position);

CREATE INDEX ix_metrics_archived ON metrics (trial_id) WHERE archived = 1;

CREATE INDEX ix_metrics_profiling ON metrics (trial_id, metric_group, reported_at) WHERE profiling = 1;

CREATE INDEX ix_metrics_profiling_order ON metrics (trial_id, id) WHERE profiling = 1;

CREATE INDEX ix_model_versions_checkpoint_uuid ON model_versions (checkpoint_uuid);

CREATE INDEX ix_models_workspace_id ON models (workspace_id);

CREATE INDEX ix_projects_archived ON projects (archived);

CREATE INDEX ix_search_events_experiment_id_id ON search_events (experiment_id, id);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE INDEX ix_task_logs_task_id_id ON task_logs (task_id, id);

CREATE INDEX ix_tasks_logs_removed_ended_at ON tasks (logs_removed, ended_at);

CREATE INDEX ix_tasks_trial_id ON tasks (trial_id);

CREATE INDEX ix_templates_workspace_id ON templates (workspace_id);

CREATE INDEX ix_trial_sources_checkpoint_uuid ON trial_sources (checkpoint_uuid);

CREATE INDEX ix_trial_sources_model_id_model_version ON trial_sources (model_id, model_version);

CREATE INDEX ix_trials_experiment_id_best_signed ON trials (experiment_id, best_signed);

CREATE INDEX ix_trials_experiment_id_id ON trials (experiment_id, id);

CREATE INDEX ix_trials_experiment_id_state ON trials (experiment_id, state);

CREATE INDEX ix_trials_state_id ON trials (state, id);

CREATE INDEX ix_trials_warm_start ON trials (warm_start);

CREATE INDEX ix_user_activity_user_id_entity_seen_at ON user_activity (user_id, entity, seen_at);

CREATE INDEX ix_workspaces_archived ON workspaces (archived);

CREATE INDEX ix_workspaces_user_id ON workspaces (user_id);

CREATE UNIQUE INDEX uq_metrics_live ON metrics (trial_id, archived, profiling, metric_group, batches) WHERE archived = 0 AND profiling = 0;
