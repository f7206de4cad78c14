"""Imports every module that declares handlers: the table of contents."""
# ruff: noqa: F401 - they are imported for what they declare

import undeterred.api.agents
import undeterred.api.allocations
import undeterred.api.auth
import undeterred.api.charts
import undeterred.api.checkpoints
import undeterred.api.cluster
import undeterred.api.docs
import undeterred.api.experiment_actions
import undeterred.api.experiment_files
import undeterred.api.experiment_search
import undeterred.api.experiments
import undeterred.api.jobs
import undeterred.api.labels
import undeterred.api.landing
import undeterred.api.logs
import undeterred.api.metrics
import undeterred.api.model_versions
import undeterred.api.models
import undeterred.api.old_experiments
import undeterred.api.old_users
import undeterred.api.profiler
import undeterred.api.projects
import undeterred.api.resource_pools
import undeterred.api.run_reports
import undeterred.api.run_search
import undeterred.api.search_preview
import undeterred.api.supervision
import undeterred.api.tasks
import undeterred.api.templates
import undeterred.api.tokens
import undeterred.api.trials
import undeterred.api.user_activity
import undeterred.api.user_settings
import undeterred.api.users
import undeterred.api.workspaces
