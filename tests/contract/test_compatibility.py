"""docs/compatibility.md says what the code says."""

from tools import compatibility
from undeterred.api.serve import HANDLERS
from undeterred.wire.registry import ENDPOINTS


def test_the_file_is_fresh() -> None:
    assert compatibility.TARGET.read_text(encoding="utf-8") == compatibility.fresh(), "run `make api`"


def test_each_endpoint_without_a_handler_is_named_once() -> None:
    said = compatibility.generated()
    missing = [e for e in ENDPOINTS if e.name not in HANDLERS]
    assert f"{len(ENDPOINTS) - len(missing)} of the {len(ENDPOINTS)} endpoints" in said
    assert all(said.count(f"{e.name} (`{e.verb} {e.path}`)") == 1 for e in missing)
    assert said.count(" (`") == len(missing)


def test_what_is_served_is_not_called_missing() -> None:
    unserved = compatibility.generated().partition("### Old routes")[2]
    assert "`GET /info`" not in unserved
    assert "`GET /docs/rest-api/*`" not in unserved
    assert "`ANY /saml/*`" in unserved
