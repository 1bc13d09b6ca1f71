"""One call of the OpenAI Python SDK, as a program makes it: key and address come from the environment."""

import math
import sys

import openai

ECHO = "commissioned-echo-1"
EMBED = "commissioned-embed-1"
HELLO = [{"role": "user", "content": "hello from the SDK"}]


def models(client):
    return " ".join(model.id for model in client.models.list())


def chat(client):
    answer = client.chat.completions.create(model=ECHO, messages=HELLO)
    return answer.choices[0].message.content.split("You said: ")[1]


def stream(client):
    text, events = "", 0
    for event in client.chat.completions.create(model=ECHO, messages=HELLO, stream=True):
        text += event.choices[0].delta.content or ""
        events += 1
    return text.split("You said: ")[1] if events > 5 else f"only {events} events"


def embedding(client):
    """The SDK asks for base64 unless told otherwise: both must be the same vector."""
    vectors = [
        client.embeddings.create(model=EMBED, input="hello", **options).data[0].embedding
        for options in ({}, {"encoding_format": "float"})
    ]
    same = all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(*vectors, strict=True))
    norm = math.sqrt(sum(x * x for x in vectors[0]))
    return f"{len(vectors[0])} numbers, norm {norm:.3f}, {'same' if same else 'not the same'} in both encodings"


def hold(client):
    """After the requests, until standard input ends: somebody looks into this process meanwhile."""
    for call in (models, chat, stream):
        call(client)
    print("holding", flush=True)
    sys.stdin.read()
    return "released"


def main():
    calls = {"models": models, "chat": chat, "stream": stream, "embedding": embedding, "hold": hold}
    client = openai.OpenAI(max_retries=0)
    try:
        print(calls[sys.argv[1]](client))
    except openai.APIStatusError as error:
        print(f"{type(error).__name__} {error.status_code} {error.code}")


main()
