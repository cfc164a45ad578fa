"""Starts the local binary as a newcomer would, asks it one thing over HTTP, and ends it politely."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE = 30  # seconds, for a step that takes a fraction of one


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        ready_file = pathlib.Path(folder) / "ready.json"
        # Its own folder, so that nothing left in the checkout helps it.
        process = subprocess.Popen(
            [binary, "--memory", "--listen", "127.0.0.1:0", "--ready-file", ready_file],
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )
        try:
            ready = wait_until_ready(process, ready_file)
            if ready["pid"] != process.pid:
                sys.exit(f"the ready file names process {ready['pid']}, but it is {process.pid}")
            # No proxy: one that the environment names is not for loopback.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(ready["url"] + "/openapi.json", timeout=PATIENCE) as response:
                document = json.load(response)
            if not document.get("openapi") or not document.get("paths"):
                sys.exit("/openapi.json is not an OpenAPI document with paths")
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=PATIENCE)
            if status != 0:
                sys.exit(f"after SIGTERM it ended with {status} instead of 0")
        finally:
            process.kill()
            process.wait()
    print(f"{ready['url']} served {len(document['paths'])} paths and ended with 0")


def wait_until_ready(process, ready_file):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"it ended with {process.returncode} before it was ready")
        try:
            return json.loads(ready_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.02)
    sys.exit(f"no ready file after {PATIENCE} s")


main(str(pathlib.Path(sys.argv[1]).resolve()))
