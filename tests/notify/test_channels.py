"""Messages through Apprise: taken, refused, redirected; and no secret in any word of it."""

import pytest

from scramblebench.core.errors import ConfigError
from scramblebench.notify import open_channel, open_targets, open_variable
from scramblebench.settings import MonitoringSpec
from tests.monitoring.receivers import closed_port, mail_server, receiver


def test_a_webhook_gets_the_message():
    with receiver() as hook:
        assert open_channel(hook.url, "HOOK").send("title", "body <b>&</b> ünïcode") is None
    (message,) = hook.messages
    assert (message["title"], message["message"]) == ("title", "body <b>&</b> ünïcode")


@pytest.mark.parametrize(
    ("severity", "kind"), [("info", "info"), ("warning", "warning"), ("critical", "failure")]
)
def test_a_target_is_told_the_severity(severity: str, kind: str):
    with receiver() as hook:
        assert open_channel(hook.url, "HOOK").send("title", "body", severity) is None
    assert hook.messages[0]["type"] == kind


def test_control_and_direction_characters_do_not_leave():
    with receiver() as hook:
        sent = open_channel(hook.url, "HOOK").send("a\x1b[2J", "b\u202e\x00 \ud800\nnext")
    assert sent is None
    (message,) = hook.messages
    assert (message["title"], message["message"]) == ("a�[2J", "b�� �\nnext")


def test_why_a_message_was_not_taken_holds_no_secret(capfd: pytest.CaptureFixture[str]):
    with receiver([503]) as hook:
        error = open_channel(hook.url, "HOOK").send("title", "body")
    assert error
    assert "503" in error
    assert "s3cr3t" not in error
    refused = open_channel(f"json://user:pa55word@127.0.0.1:{closed_port()}/s3cr3t-t0ken", "HOOK")
    error = refused.send("title", "body")
    assert error
    assert not any(secret in error for secret in ("s3cr3t", "pa55word"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("ending", ["", "?redirect=yes"])
def test_a_redirect_is_not_followed(ending: str):
    with receiver([307]) as hook:
        error = open_channel(hook.url + ending, "HOOK").send("title", "body")
    assert error
    assert hook.paths == ["/hooks/s3cr3t-t0ken"]


def test_a_mail_server_gets_one_message():
    with mail_server() as (url, mails):
        assert open_channel(url, "MAIL").send("ScrambleBench: cost", "cost at $61 an hour") is None
    (mail,) = mails
    assert mail["Subject"] == "ScrambleBench: cost"
    assert "cost at $61 an hour" in str(mail)


@pytest.mark.parametrize("url", ["nonsense", "gopher-x://s3cr3t-t0ken", "://"])
def test_no_address_is_an_error_that_does_not_repeat_it(url: str):
    with pytest.raises(ConfigError, match="HOOK holds no address") as caught:
        open_channel(url, "HOOK")
    assert "s3cr3t" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(ConfigError, match="HOOK is not set; put an Apprise URL"):
        open_variable("HOOK", {})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"email_alerts": True}, r"email_alerts: SCRAMBLEBENCH_EMAIL_URL is not set.*mailtos://"),
        ({"slack_alerts": True}, r"slack_alerts: SCRAMBLEBENCH_SLACK_URL is not set.*slack://"),
        ({"targets": {"phone": "NTFY"}}, r"targets\.phone: NTFY is not set.*json://"),
    ],
)
def test_alerts_without_anybody_to_tell_are_an_error(spec: dict, words: str):
    with pytest.raises(ConfigError, match=words):
        open_targets(MonitoringSpec.model_validate(spec), {"NTFY": " "})


def test_targets_are_opened_by_name():
    spec = MonitoringSpec.model_validate(
        {"email_alerts": True, "targets": {"email": "MAIL", "hook": "HOOK"}}
    )
    found = open_targets(spec, {"MAIL": "json://127.0.0.1/a", "HOOK": "json://127.0.0.1/b"})
    assert list(found) == ["email", "hook"]
