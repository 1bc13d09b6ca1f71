"""One request by LangChain, answered whole and as a stream: key and address come from the environment."""

from langchain_openai import ChatOpenAI

HELLO = "hello from LangChain"


def main():
    model = ChatOpenAI(model="commissioned-echo-1", max_retries=0)
    streamed = "".join(piece.content for piece in model.stream(HELLO))
    print(200 if HELLO in model.invoke(HELLO).content and HELLO in streamed else "another answer")


main()
