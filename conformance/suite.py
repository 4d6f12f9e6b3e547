"""A running conformance suite, spoken to through its REST API."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

FINISHED = ("FINISHED", "INTERRUPTED")


class Suite:
    """`trust` is a file with the CA of the suite's proxy; without it nothing is verified (it is on this machine)."""

    def __init__(self, base, trust=None):
        self.base = base.rstrip("/")
        self.tls = ssl.create_default_context(cafile=trust) if trust else ssl._create_unverified_context()

    def call(self, method, path, query=None, body=None):
        url = f"{self.base}/api/{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
        data = json.dumps(body).encode() if body is not None else (b"" if method == "POST" else None)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=90) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode(errors="replace")

    def version(self):
        """The version, and the revision that it was built from: a version has many before it is released."""
        _, server = self.call("GET", "server")
        return f"{server['version']} ({server['revision']})"

    def new_plan(self, name, variant, config):
        status, plan = self.call("POST", "plan", {"planName": name, "variant": json.dumps(variant)}, config)
        if status != 201:
            raise SystemExit(f"{name} {variant} was refused: {status} {plan}")
        return plan

    def new_module(self, plan, module):
        query = {"test": module["testModule"], "plan": plan["id"]}
        if module.get("variant"):
            query["variant"] = json.dumps(module["variant"])
        status, made = self.call("POST", "runner", query)
        return (made["id"], None) if status == 201 else (None, f"not created: {status} {made}")

    def info(self, test):
        status, info = self.call("GET", f"info/{test}")
        return info if status == 200 else {}

    def exposed(self, test):
        """What the module shows to whoever is under test, and the URLs that a browser should visit."""
        status, run = self.call("GET", f"runner/{test}")
        return run if status == 200 else {}

    def start(self, test):
        self.call("POST", f"runner/{test}")

    def stop(self, test):
        self.call("DELETE", f"runner/{test}")

    def wait(self, test, states, seconds):
        """Until the module is in one of these states, or some seconds have passed."""
        query = {"states": ",".join(states), "timeoutMs": int(seconds * 1000)}
        return self.call("GET", f"runner/{test}/wait-state", query)[0] == 200

    def log(self, test):
        status, log = self.call("GET", f"log/{test}")
        return log if status == 200 and isinstance(log, list) else []
