"""How long a trial's logs are kept."""

from undeterred.config.master import MasterConfig
from undeterred.errors import InvalidArgument
from undeterred.services.identity import Caller
from undeterred.services.missing import no_trial
from undeterred.store import trial_logs_kept
from undeterred.store.db import Tx
from undeterred.wire.trials import GetTrialRemainingLogRetentionDaysResponse

FOREVER = -1
DAYS_MIN, DAYS_MAX = -32768, 32767
DAY_US = 86_400_000_000


def default_days(config: MasterConfig) -> int:
    """Days that logs are kept where neither the trial nor its experiment says."""
    days = config.retention_policy.log_retention_days
    return FOREVER if days is None else int(days)


def put(tx: Tx, _who: Caller, trial_id: int, days: int) -> None:
    """Keep a trial's logs for so many days after its end; below 0, which is shown as it was sent: for ever."""
    if not DAYS_MIN <= days <= DAYS_MAX:
        raise InvalidArgument(f"logs can be kept for {DAYS_MAX} days or, with -1, for ever; not for {days} days")
    if not trial_logs_kept.put(tx, trial_id, days):
        raise no_trial(trial_id)


def remaining(tx: Tx, trial_id: int, default: int) -> GetTrialRemainingLogRetentionDaysResponse:
    """Days until a trial's logs go: -1 for ever, nothing while its task has no end."""
    row = trial_logs_kept.get(tx, trial_id)
    if row is None:
        raise no_trial(trial_id)
    days = default if row.days is None else row.days
    if days <= FOREVER:
        return GetTrialRemainingLogRetentionDaysResponse(remaining_days=FOREVER)
    if row.ended_at is None:
        return GetTrialRemainingLogRetentionDaysResponse()
    left = row.ended_at + days * DAY_US - tx.now
    return GetTrialRemainingLogRetentionDaysResponse(remaining_days=max(left // DAY_US, 0))
