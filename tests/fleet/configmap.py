"""configmap.py COMMAND: whether the ConfigMap of the example is what the command prints from the policy beside it."""

import subprocess
import sys

import yaml

FOLDER = "examples/kubernetes"


def printed(*options):
    call = [sys.argv[1], "gateway", "print", "--engine", "envoy", "--config", f"{FOLDER}/gateway.conf"]
    call += ["--files", "/etc/envoy", "--listen", "127.0.0.1:8455"]
    return subprocess.run([*call, *options], check=True, capture_output=True, text=True).stdout


def main():
    with open(f"{FOLDER}/gateway.yaml") as file:
        data = next(iter(yaml.safe_load_all(file)))["data"]
    for name, text in ("envoy.yaml", printed()), ("key.yaml", printed("--secret")):
        if yaml.safe_load(data[name]) != yaml.safe_load(text):
            sys.exit(f"{name} is another than 'gateway print' prints")


main()
