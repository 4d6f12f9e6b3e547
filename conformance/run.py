#!/usr/bin/env python3
"""Runs plans of the OpenID Foundation's conformance suite against the portal, and compares with what is expected.

    conformance/run.py [NAME…]           all runs, or those named (see --list)
    --server URL      the running suite            (https://localhost:8443)
    --trust FILE      the CA of its proxy          (nothing is verified without)
    --module NAME     only this module; may be repeated
    --rotate COMMAND  what makes the portal rotate its signing keys
    --restart COMMAND what restarts the portal: before each module in which it is the relying party, so that it
                      remembers nothing of the provider before
    --logs DIR        keep the suite's log of each module
    --pin             write the results to expected.json
    --table FILE      write the expected results as a Markdown table between its two marks

A line a module and a total. The exit code is 1 if any module came out worse than expected.json says.
"""

import argparse
import copy
import json
import pathlib
import subprocess
import sys
import time

from report import result_of, write_table
from suite import FINISHED, Suite
from visitor import sign_in

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
# Best first. A feature that turns SKIPPED without being asked to is worse than a warning.
ORDER = ["PASSED", "REVIEW", "WARNING", "SKIPPED", "FAILED", "INTERRUPTED", "TIMEOUT"]


def merged(base, over):
    """`over` laid over `base`; objects member by member, all else replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    return {key: merged(base.get(key), over[key]) if key in over else copy.deepcopy(base[key]) for key in {**base, **over}}


def runs():
    """Every run by name: its plan, variant and configuration, and who signs in where the portal is the relying party."""
    common = json.loads((HERE / "common.json").read_text())
    found = {}
    for file in sorted((HERE / "plans").glob("*.json")):
        plan = json.loads(file.read_text())
        for name, variant in plan["runs"].items():
            found[name] = (plan["plan"], variant, merged(common, plan.get("config", {})), plan.get("sign_in"))
    return found


def run_module(suite, plan, module, visits, args):
    """The result of one module, and its log."""
    if visits and args.restart:
        subprocess.run(args.restart, shell=True, check=True)
    test, refused = suite.new_module(plan, module)
    if refused:
        return "FAILED", [{"result": "FAILURE", "src": "the suite", "msg": refused}]
    started, end = False, time.time() + args.timeout
    left = 0 if not visits else 2 if module["testModule"] in visits.get("twice", []) else 1
    while (status := suite.info(test).get("status")) not in FINISHED:
        if time.time() > end:
            suite.stop(test)
            return "TIMEOUT", suite.log(test)
        if status == "CONFIGURED" and not started:
            # The module that wants the keys rotated stays here until it is started; all others pass through.
            suite.wait(test, (*FINISHED, "RUNNING", "WAITING"), 1)
            if suite.info(test).get("status") != "CONFIGURED":
                continue
            if args.rotate:
                subprocess.run(args.rotate, shell=True, check=True)
            suite.start(test)
            started = True
        if status == "WAITING" and left:
            left -= 1
            leave = module["testModule"] not in visits.get("stay", [])
            sign_in(visits["portal"], visits["system"], args.trust, leave, visits.get("later"))
        suite.wait(test, awaited(started, left), 5)
    for _ in range(40):  # The result is written just after the status.
        info = suite.info(test)
        if info.get("result") not in (None, "UNKNOWN"):
            break
        time.sleep(0.25)
    return ("INTERRUPTED" if status == "INTERRUPTED" else info.get("result")), suite.log(test)


def awaited(started, left):
    """The states that there is something to do in."""
    return (*FINISHED, *([] if started else ["CONFIGURED"]), *(["WAITING"] if left else []))


def problem(log):
    """The first thing in a log that isn't well."""
    for kind in ("FAILURE", "WARNING", "REVIEW"):
        for entry in log:
            if entry.get("result") == kind:
                return f"{entry.get('src', '?')}: {str(entry.get('msg', ''))[:160]}"
    skipped = [entry.get("msg", "") for entry in log if entry.get("result") == "SKIPPED"]
    return skipped[0][:160] if skipped else ""


def key(module, plan):
    """A module's name, with its variant where the plan has it twice."""
    name = module["testModule"]
    twice = sum(other["testModule"] == name for other in plan["modules"]) > 1
    return f"{name} {json.dumps(module.get('variant'), sort_keys=True)}" if twice else name


def run_plan(suite, name, entry, expected, args):
    """All modules of a plan: their results, and how many came out worse."""
    plan_name, variant, config, visits = entry
    plan = suite.new_plan(plan_name, variant, config)
    print(f"\n{name}: {plan_name} {variant} {suite.base}/plan-detail.html?plan={plan['id']}", flush=True)
    results, worse = {}, 0
    for module in plan["modules"]:
        if args.module and module["testModule"] not in args.module:
            continue
        began = time.time()
        result, log = run_module(suite, plan, module, visits, args)
        id = key(module, plan)
        results[id] = result
        wanted = result_of(expected.get(id))
        mark = " "
        if wanted and ORDER.index(result) > ORDER.index(wanted):
            mark, worse = "!", worse + 1
        elif wanted and result != wanted:
            mark = "+"
        note = "" if result == "PASSED" else problem(log)
        print(f"{mark} {result:<11} {time.time() - began:5.1f}s {id:<72} {note}", flush=True)
        if args.logs:
            folder = pathlib.Path(args.logs) / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{module['testModule']}.json").write_text(json.dumps(log, indent=1, ensure_ascii=False))
    if not args.module:
        for gone in expected.keys() - results.keys():
            print(f"! {'MISSING':<11} {'':6} {gone}")
            worse += 1
    return results, worse


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--server", default="https://localhost:8443")
    parser.add_argument("--trust")
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--rotate")
    parser.add_argument("--restart")
    parser.add_argument("--logs")
    parser.add_argument("--timeout", type=int, default=180)
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--table")
    args = parser.parse_args()
    known = runs()
    if args.list:
        return print("\n".join(known))
    unknown = set(args.names) - known.keys()
    if unknown:
        sys.exit(f"there is no run {', '.join(sorted(unknown))}; see --list")
    pinned = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {"runs": {}}
    suite = Suite(args.server, args.trust)
    total, worse = {}, 0
    for name in args.names or known:
        results, bad = run_plan(suite, name, known[name], pinned["runs"].get(name, {}), args)
        worse += bad
        for result in results.values():
            total[result] = total.get(result, 0) + 1
        if args.pin:
            pin(pinned, name, results, suite.version())
    print(f"\ntotal: {', '.join(f'{total[r]} {r}' for r in ORDER if r in total)}; worse than expected: {worse}")
    if args.table:
        write_table(pathlib.Path(args.table), pinned)
    sys.exit(1 if worse else 0)


def pin(pinned, name, results, version):
    """These results are expected from now on; the reasons of those that stay the same are kept."""
    pinned["suite"], pinned["date"] = version, time.strftime("%Y-%m-%d")
    before = pinned["runs"].setdefault(name, {})
    for id, result in results.items():
        if result_of(before.get(id)) != result:
            before[id] = result
    EXPECTED.write_text(json.dumps(pinned, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
