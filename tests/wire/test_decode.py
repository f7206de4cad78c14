"""What the wire allows in a body, a path and a query, and what it refuses."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undeterred.errors import InvalidArgument
from undeterred.wire import decode
from undeterred.wire.common import File, Int32FieldFilter
from undeterred.wire.experiments import GetExperimentsRequest
from undeterred.wire.jobs import UpdateJobQueueRequest
from undeterred.wire.logs import PostTaskLogsRequest, TaskLog
from undeterred.wire.metrics import ReportTrialMetricsRequest
from undeterred.wire.normalise import Refused
from undeterred.wire.registry import BY_NAME
from undeterred.wire.users import PatchUserRequest


def call(name: str, path: dict[str, str] | None = None, query: str = "", body: str | bytes = b"") -> Any:
    raw = body.encode() if isinstance(body, str) else body
    return decode.decode_request(BY_NAME[name], path or {}, query.encode(), raw)


def activity(body: str | bytes) -> Any:
    return call("PostUserActivity", body=body).entity_id


def refusal(name: str, path: dict[str, str] | None = None, query: str = "", body: str | bytes = b"") -> str:
    with pytest.raises(InvalidArgument) as caught:
        call(name, path, query, body)
    return caught.value.text


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('{"entityId":1}', 1),
        ('{"entity_id":1}', 1),
        ('{"entity\\u005fid":1}', 1),
        ('{"entity_id":1,"entityId":2}', 2),
        ('{"entityId":2,"entity_id":1}', 2),
        ('{"entity_id":1,"entityId":null}', 0),
        ('{"entityId":1,"entityId":3}', 3),
        ('{"entityId":1,"entityId":null}', 0),
        ('{"entityId":" 1 "}', 1),
        ('{"entityId":"-7"}', -7),
        ('{"entityId":-0}', 0),
        ('{"entityId":1} and more', 1),
        ('{"entityId":1}{"entityId":2}', 1),
        ('{"entityId":1,"more":{"deep":[1,"\\ud800"]}}', 1),
        ('{"entityId":1,"more":1e400}', 1),
        ('{"entity_id":1,"more":1e400}', 1),
        (b'{"entity_id":1,"more":"\xff"}', 1),
        ('{"activityType":1,"entityId":1}', 1),
        ("null", 0),
        ("", 0),
        (" \n", 0),
        ("{}", 0),
    ],
)
def test_bodies_that_are_read(body: str | bytes, value: int) -> None:
    assert activity(body) == value


@pytest.mark.parametrize(
    "body",
    [
        '{"entityId":1.0}', '{"entityId":1e0}', '{"entityId":"1.0"}', '{"entityId":"0x1"}', '{"entityId":4294967296}', '{"entityId":true}',
        '{"entityId":{"a":1}}', '{"entityId":[1]}', '{"activityType":1.5}', '{"activityType":true}', "[]", '"x"', "1", "true", '{"a":1,}',
        "{'a':1}", '{"a":NaN}', '{"a":Infinity}', "\ufeff{}", "{", '{"a" 1}', '{"a":01}', '{"a":"\n"}', "[" * 5000,
    ],
)  # fmt: skip
def test_bodies_that_are_refused(body: str) -> None:
    assert refusal("PostUserActivity", body=body)


def test_refusals_name_the_field_or_are_the_references_own() -> None:
    assert refusal("PostUserActivity", body='{"entityId":1.0}') == "entityId: an integer is wanted, not 1.0"
    assert refusal("PostUserActivity", body='{"entityId":""}') == "unexpected end of JSON input"
    assert refusal("PostUserActivity", body='{"activityType":"1"}') == 'unknown value "\\"1\\"" for enum determined.user.v1.ActivityType'
    assert refusal("CreateExperiment", body='{"modelDefinition":[{"mode":"x"}]}').startswith("modelDefinition.mode: ")
    assert (
        refusal("GetUser", {"userId": "abc"}) == 'type mismatch, parameter: user_id, error: strconv.ParseInt: parsing "abc": invalid syntax'
    )
    assert refusal("PatchExperiment", {"experiment.id": "99999999999"}) == (
        'type mismatch, parameter: experiment.id, error: strconv.ParseInt: parsing "99999999999": value out of range'
    )


def test_files_times_and_numbers() -> None:
    body = '{"modelDefinition":[{"path":"a","content":"YWI=\\n","mtime":5,"mode":"7"},{"mtime":"-12"},null]}'
    files = call("CreateExperiment", body=body).model_definition
    assert files == [File(path="a", content=b"ab", mtime="5", mode=7), File(mtime="-12"), File()]
    for bad in ("YWI", "YW I=", "-_8=", "é"):
        assert refusal("CreateExperiment", body=json.dumps({"modelDefinition": [{"content": bad}]})).startswith("modelDefinition.content")
    assert refusal("CreateExperiment", body='{"modelDefinition":[{"mtime":"9223372036854775808"}]}')
    for number, read in (("1", 1.0), ('"1.5"', 1.5), ('"NaN"', "NaN"), ('"-Infinity"', "-Infinity"), ('"Nan"', "NaN"), ("1e-2", 0.01)):
        assert call("ReportTrialProgress", {"trialId": "1"}, body=f'{{"progress":{number}}}').progress == read
    for number in ('"inf"', "true", "1e400", "1" * 400, '"1_0"', '"0x1p1"', "[]"):
        assert refusal("ReportTrialProgress", {"trialId": "1"}, body=f'{{"progress":{number}}}')
    line = '{"logs":[{"timestamp":%s}]}'
    for time in ("2024-02-29T23:59:59.123456789+14:00", "2024-05-01T12:00:00Z", "2024-12-31T00:00:00.5Z"):
        assert call("PostTaskLogs", body=line % json.dumps(time)).logs == [TaskLog(timestamp=time)]
    for time in ("2023-02-29T00:00:00Z", "2024-05-01", "2024-05-01T12:00:00", "2024-05-01T24:00:00Z", "2024-13-01T00:00:00Z", "", "x"):
        assert refusal("PostTaskLogs", body=line % json.dumps(time)).startswith("logs.timestamp")


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    logs = call("PostTaskLogs", body='{"logs":[{"log":"a\\ud800b\\udc00 \\ud83d\\ude00 \\\\ud800"}]}').logs
    assert logs[0].log == "a\ufffdb\ufffd \U0001f600 \\ud800"


def test_a_body_that_is_one_field() -> None:
    assert call("SetUserPassword", {"userId": "3"}, body='"x"').password == "x"
    assert call("SetUserPassword", {"userId": "3"}).password == ""
    assert refusal("SetUserPassword", {"userId": "3"}, body='{"password":"x"}')
    assert call("PatchTemplateConfig", {"templateName": "t"}, body='{"a_b":null}').config == {"a_b": None}
    assert call("PatchTemplateConfig", {"templateName": "t"}, body="null").config == {}
    assert refusal("PatchTemplateConfig", {"templateName": "t"}, body='{"a":1e400}')
    patch: PatchUserRequest = call("PatchUser", {"userId": "0x1"}, body='{"display_name":"","remote":false,"admin":null}')
    assert (patch.user_id, patch.user and patch.user.display_name, patch.user and patch.user.remote) == (1, "", False)
    assert patch.user is not None
    assert patch.user.admin is None


def test_the_path_overrides_the_body_and_the_body_is_read_first() -> None:
    assert call("PatchExperiment", {"experiment.id": "3"}, body='{"id":9}').experiment.id == 3
    report: ReportTrialMetricsRequest = call("ReportTrialMetrics", {"metrics.trialId": "4"}, body='{"metrics":{"trial_id":5},"group":"g"}')
    assert (report.metrics and report.metrics.trial_id, report.group) == (4, "g")
    assert "no JSON" in refusal("PatchUser", {"userId": "abc"}, body="{")


def test_one_member_of_a_oneof() -> None:
    moved: UpdateJobQueueRequest = call("UpdateJobQueue", body='{"updates":[{"jobId":"a","priority":1,"weight":null}]}')
    assert moved.updates[0].priority == 1
    assert "only one of" in refusal("UpdateJobQueue", body='{"updates":[{"jobId":"a","priority":1,"weight":2}]}')
    query = "sortByAttr=SORT_BY_UUID&sortByMetric=x"
    assert refusal("GetExperimentCheckpoints", {"id": "1"}, query) == "field already set for sort_by oneof"


def test_a_body_is_not_read_where_the_call_has_none() -> None:
    assert call("KillExperiment", {"id": "3"}, "%zz=;", "rubbish").id == 3
    assert call("GetGroups", query="limit=x&%zz", body='{"limit":2}').limit == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("0x1F", 31), ("0b10", 2), ("010", 8), ("0o17", 15), ("1_0", 10), ("+1", 1), ("-0x8", -8), ("0", 0), ("00", 0), ("0_7", 7)],
)
def test_integers_in_path_and_query_tell_their_base(text: str, value: int) -> None:
    assert call("GetUser", {"userId": text}).user_id == value
    assert call("GetUsers", query="limit=" + text.replace("+", "%2B")).limit == value


@pytest.mark.parametrize("text", ["", "08", "1.0", "1 ", " 1", "1__0", "_1", "1_", "0x", "2147483648", "٣", "--1", "1" * 5000])
def test_what_is_no_integer_there(text: str) -> None:
    assert refusal("GetUser", {"userId": text}).startswith("type mismatch, parameter: user_id, error: strconv.ParseInt: parsing ")


def test_queries() -> None:
    found: GetExperimentsRequest = call(
        "GetExperiments",
        query="states=STATE_PAUSED&states=2&experimentIdFilter.gt=3&experiment_id_filter.lte=5&experimentIdFilter.notIn=1&experimentIdFilter.notIn=2"
        "&archived=true&limit=1&limit=2&Limit=9&foo.bar=1&name=a%20b%2B+c&labels=x%2Cy&labels=z",
    )
    assert [s.number for s in found.states] == [2, 2]
    assert found.experiment_id_filter == Int32FieldFilter(gt=3, lte=5, not_in=[1, 2])
    assert (found.archived, found.limit, found.name, found.labels) == (True, 1, "a b+ c", ["x,y", "z"])
    for text in ("1", "t", "T", "true", "True", "TRUE"):
        assert call("GetUsers", query=f"admin={text}").admin is True
    for text in ("0", "f", "F", "false", "False", "FALSE"):
        assert call("GetUsers", query=f"admin={text}").admin is False
    assert (
        call("GetTrialProfilerMetrics", {"labels.trialId": "3"}, "labels.name=cpu&labels.trial_id=9&labels.trialId=8").labels.trial_id == 3
    )
    found = call("GetExperiments", query="limit[7]=1&labels[a]=b&name[]=n&]=1&a]=2")
    assert (found.limit, found.labels, found.name) == (7, ["a", "b"], ""), "name[a]=b is name=a&name=b"
    assert call("TaskLogs", {"taskId": "a"}, "timestampAfter=null").timestamp_after == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "query", "text"),
    [
        ("GetUsers", "limit=1;offset=1", "invalid semicolon separator in query"),
        ("GetUsers", "%zz=1", 'invalid URL escape "%zz"'),
        ("GetUsers", "limit=%4", 'invalid URL escape "%4"'),
        ("GetUsers", "sortBy=99", "99 is not a valid apiv1.GetUsersRequest_SortBy"),
        ("GetUsers", "sortBy=sort_by_user_name", "sort_by_user_name is not a valid apiv1.GetUsersRequest_SortBy"),
        ("GetUsers", "limit=", 'limit: strconv.ParseInt: parsing "": invalid syntax'),
        ("GetUsers", "admin=yes", 'admin: strconv.ParseBool: parsing "yes": invalid syntax'),
        ("GetExperiments", "archived=T", "bad BoolValue: T"),
        ("GetExperiments", "states=STATE_PAUSED,STATE_CANCELED", "STATE_PAUSED,STATE_CANCELED is not a valid experimentv1.State"),
        (
            "GetExperiments",
            "experimentIdFilter=3",
            "field type *commonv1.Int32FieldFilter is not supported in query parameters",
        ),
        ("GetExperiments", "limit.x=3", "unexpected nested field x in limit"),
    ],
)
def test_queries_that_are_refused(name: str, query: str, text: str) -> None:
    assert refusal(name, query=query) == text


TIMES = st.sampled_from(["2024-05-01T12:00:00Z", "2024-02-30T12:00:00Z", "2024-05-01T12:00:00.5+01:00", "0000-01-01T00:00:00Z", ""])
LEVELS = st.sampled_from(["LOG_LEVEL_INFO", "LOG_LEVEL_NONE", 3, 99, "3"])
NUMBERS = st.one_of(
    st.integers(-(2**33), 2**33), st.sampled_from(["1.0", "1e0", "-0", '"5"', '" 5"', '""', "1.5", "true", "null", "1e400"]).map(str)
)
KEYS = ["taskId", "task_id", "rankId", "rank_id", "timestamp", "level", "log", "id", "more"]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), TIMES, LEVELS,
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)  # fmt: skip
LINES = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), max_size=3)


def outcome(read: Any, kind: Any, body: bytes) -> Any:
    try:
        return read(kind, body)
    except Refused:
        return "refused"


@settings(max_examples=400, deadline=None)
@given(LINES, st.sampled_from(["{}", "[]", "1", "null"]), NUMBERS)
def test_the_short_way_never_takes_what_the_full_way_refuses(lines: list[dict[str, Any]], tail: str, number: Any) -> None:
    body = json.dumps({"logs": lines}).encode()
    for text in (body, body + tail.encode(), re.sub(rb"\b[0-9]+\b", str(number).encode(), body, count=1)):
        assert outcome(decode._decode_value, PostTaskLogsRequest, text) == outcome(decode._decode_fully, PostTaskLogsRequest, text)


def test_no_text_holds_a_nul_character_but_where_none_is_searched() -> None:
    odd, even = '{"labels": ["a\\\\\\u0000"]}', '{"labels": ["a\\\\u0000"]}'
    for name, path, query, body in (
        ("PatchExperiment", {}, "", odd),
        ("PostRunMetadata", {"runId": "1"}, "", '{"metadata": {"k\\u0000": 1}}'),
        ("PatchTemplateConfig", {"templateName": "t"}, "", '{"a": ["\\u0000"]}'),
        ("GetTemplate", {"templateName": "t\0"}, "", ""),
        ("GetExperiments", {}, "name=a%00", ""),
    ):
        assert "NUL" in refusal(name, path, query, body)
    assert call("PatchExperiment", body=even).experiment.labels == ["a\\u0000"]
    assert call("PostTaskLogs", body='{"logs": [{"taskId": "t", "log": "a\\u0000"}]}').logs[0].log == "a\0"
    assert call("GetMe", body="\\u0000") is not None  # no body is read
