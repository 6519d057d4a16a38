"""Checks a server with the package `openai`, which validates each reply against its types.

Usage: python check.py http://127.0.0.1:8080/v1
"""

import sys
import traceback

import openai
from pydantic import BaseModel

client = openai.OpenAI(
    base_url=sys.argv[1], api_key="none", max_retries=0, _strict_response_validation=True
)
MODEL = "default"
PICK = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def user(text):
    return [{"role": "user", "content": text}]


def rejects(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


@check
def models():
    assert [own.id for own in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    rejects(openai.NotFoundError, lambda: client.models.retrieve("x"))


@check
def chat_whole():
    reply = client.chat.completions.create(model=MODEL, messages=user("hello"))
    assert reply.choices[0].message.content == "Hello."
    assert reply.usage.total_tokens == 12


@check
def chat_stream():
    options = {"include_usage": True}
    with client.chat.completions.stream(
        model=MODEL, messages=user("hello"), stream_options=options
    ) as stream:
        for _ in stream:
            pass
        reply = stream.get_final_completion()
    assert reply.choices[0].message.content == "Hello."
    assert reply.usage.total_tokens == 12


@check
def chat_tools():
    tools = [{"type": "function", "function": {"name": "pick", "parameters": PICK}}]
    with client.chat.completions.stream(model=MODEL, messages=user("pick"), tools=tools) as stream:
        first = stream.get_final_completion().choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    answer = {"role": "tool", "tool_call_id": call.id, "content": "7"}
    messages = [*user("pick"), first.message.model_dump(exclude_none=True), answer]
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    assert reply.choices[0].message.content == "Picked 7."


class Answer(BaseModel):
    a: int


@check
def chat_parse():
    reply = client.chat.completions.parse(
        model=MODEL, messages=user("json"), response_format=Answer
    )
    assert reply.choices[0].message.parsed == Answer(a=1)


@check
def chat_errors():
    def create(text, **more):
        more.setdefault("model", MODEL)
        return client.chat.completions.create(messages=user(text), **more)

    rejects(openai.NotFoundError, lambda: create("x", model="gpt-9"))
    rejects(openai.BadRequestError, lambda: create("x", logprobs=True))
    rejects(openai.RateLimitError, lambda: create("rate"))
    rejects(openai.APIError, lambda: list(create("break", stream=True)))


@check
def responses_whole():
    first = client.responses.create(model=MODEL, input="hello", instructions="Be brief")
    assert first.output_text == "Hello."
    second = client.responses.create(model=MODEL, input="again", previous_response_id=first.id)
    assert second.output_text == "4 blocks"
    assert client.responses.retrieve(second.id).output == second.output
    client.responses.delete(second.id)


@check
def responses_stream():
    with client.responses.stream(model=MODEL, input="hello") as stream:
        events = list(stream)
        response = stream.get_final_response()
    assert response.output_text == "Hello."
    rest = client.responses.retrieve(response.id, stream=True, starting_after=3)
    assert [own.sequence_number for own in rest][-1] == events[-1].sequence_number


@check
def responses_of_all_kinds():
    tools = [{"type": "function", "name": "pick", "parameters": PICK, "strict": False}]
    for text, more in [("clock", {}), ("pay", {}), ("pick", {"tools": tools}), ("long", {})]:
        response = client.responses.create(model=MODEL, input=text, **more)
        events = list(client.responses.create(model=MODEL, input=text, stream=True, **more))
        last = events[-1].response
        kinds = [own.type for own in response.output]
        assert [own.type for own in last.output] == kinds
        assert client.responses.retrieve(last.id).output == last.output


@check
def responses_parse():
    response = client.responses.parse(model=MODEL, input="json", text_format=Answer)
    assert response.output_parsed == Answer(a=1)


@check
def responses_errors():
    create = client.responses.create
    rejects(openai.RateLimitError, lambda: create(model=MODEL, input="rate"))
    rejects(openai.BadRequestError, lambda: create(model=MODEL, input=[]))
    events = list(create(model=MODEL, input="break", stream=True))
    assert events[-1].type == "response.failed"
    response = create(model=MODEL, input="slow", background=True)
    assert client.responses.cancel(response.id).status == "cancelled"


failed = 0
for own in CHECKS:
    try:
        own()
        print(f"ok      {own.__name__}")
    except Exception:
        failed += 1
        print(f"FAILED  {own.__name__}: {traceback.format_exc()}")
sys.exit(failed > 0)
