"""api.json and the library that runs say the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from native import Client, Library


@pytest.fixture
def client(library: Library, redis_socket: str) -> Iterator[Client]:
    client = Client(library, redis_socket)
    yield client
    client.free()


def error_code(api: dict[str, Any], name: str) -> int:
    return next(int(error["code"]) for error in api["errors"] if error["name"] == name)


def nested(dotted: str, value: Any) -> dict[str, Any]:
    for part in reversed(dotted.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def answer_to(client: Client, command: dict[str, Any]) -> tuple[int, str] | None:
    return client.error_of(command["name"], on_client=command.get("on") == "client")


def test_library_and_description_have_the_same_version(library: Library, api: dict[str, Any]) -> None:
    assert library.calls.bq_version().decode() == api["version"]


def test_every_command_is_known_to_the_library(client: Client, api: dict[str, Any]) -> None:
    unknown = error_code(api, "UnknownCommand")
    answers = {command["name"]: answer_to(client, command) for command in api["commands"]}
    assert [name for name, answer in answers.items() if answer is not None and answer[0] == unknown] == []


def test_a_command_without_its_required_arguments_is_refused(client: Client, api: dict[str, Any]) -> None:
    invalid = error_code(api, "InvalidArgument")
    for command in api["commands"]:
        required = command["args"].keys() - set(command.get("optional", []))
        if required:
            answer = answer_to(client, command)
            assert answer is not None and answer[0] == invalid, (command["name"], answer)
            assert any(name in answer[1] for name in required), answer[1]


def test_another_command_is_unknown_and_named(client: Client, api: dict[str, Any]) -> None:
    answer = client.error_of("addd")
    assert answer is not None
    assert answer[0] == error_code(api, "UnknownCommand")
    assert "addd" in answer[1]


def test_every_default_is_accepted_by_its_scope(library: Library, api: dict[str, Any]) -> None:
    for scope in ("client", "queue", "worker"):
        for option in api["options"][scope]:
            options = nested(option["name"], option["default"])
            assert library.refusal(api["scopes"][scope], options) == "", option["name"]


def test_a_value_outside_the_range_is_refused_with_its_name(library: Library, api: dict[str, Any]) -> None:
    for scope in ("client", "queue", "worker"):
        for option in api["options"][scope]:
            for limit, step in (("min", -1), ("max", 1)):
                if limit in option:
                    wrong = nested(option["name"], option[limit] + step)
                    assert option["name"] in library.refusal(api["scopes"][scope], wrong)


def test_every_refusal_has_its_sentence(library: Library, api: dict[str, Any]) -> None:
    sentences = {library.calls.bq_strerror(code["value"]) for code in api["codes"]}
    assert len(sentences) == len(api["codes"])
    assert b"" not in sentences
