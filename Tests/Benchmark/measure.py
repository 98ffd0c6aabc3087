"""Starts the responders behind one nginx, sees that they do the same work, measures them, and writes result.json and
chart.svg. It is called by run.sh."""

import argparse
import contextlib
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import time

import chart
import figures
import gate
import logins
import responders
import sections
from sections import COUNT


def machine():
    """What the figures depend on, and nothing that says whose machine it is."""

    def output(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    release = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    packages = ["livekit-api", "starlette", "uvicorn", "uvloop", "httptools", "orjson"]
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": responders.CORES,
        "processor": model[1] if model else platform.machine(),
        "memoryMiB": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "loadBefore": round(os.getloadavg()[0], 1),
        "system": release[1] if release else "Linux",
        # Without what a distributor or a site has added to it.
        "kernel": re.match(r"[\d.]*\d", platform.release())[0],
        "nginx": re.search(r"nginx/([\d.]+)", output("nginx", "-v"))[1],
        "wrk": re.search(r"wrk [^\s\d]*(\d[\d.]*)", output("wrk", "-v"))[1],
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def described(facts):
    return (
        f"{facts['date']}, {facts['cores']} cores ({facts['processor']}), {facts['system']}, Linux {facts['kernel']}, "
        f"nginx {facts['nginx']}; load average before: {facts['loadBefore']}"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--before")
    for name in ["work", "binary", "output"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["rounds", "seconds"]:
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ["quick", "all", "logins", "gate"]:
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    # So that what was started is stopped on these too.
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, lambda *_: sys.exit(1))

    facts = machine()
    bench = responders.Bench(options.work, options.binary, options.before)
    if options.logins or options.gate:
        name, part = ("logins", logins) if options.logins else ("gate", gate)
        found = part.run(bench, options.rounds or 4, options.seconds or 3)
        result = {"machine": facts, "sources" if options.logins else "gate": found}
        print(f"\n{described(facts)}")
        output = pathlib.Path(options.output)
        output.mkdir(parents=True, exist_ok=True)
        (output / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        return
    print(f"Filling a directory with {COUNT:,} users, sessions and members", flush=True)
    targets = bench.targets(COUNT)
    if options.quick:
        targets = [target for target in targets if target.name in ["ceiling", "queue", "ours", "before"]]
    rounds, seconds = options.rounds or 4, options.seconds or (4 if options.quick else 3)
    settings = [(64, True)] if options.quick else [(16, True), (64, True), (256, True), (64, False)]
    result = {"machine": facts, "secondsEach": seconds}

    with bench.nginx(targets, bench.answer_length(COUNT)) as nginx:
        with contextlib.ExitStack() as stack:
            running = {}
            for target in targets:
                process = stack.enter_context(bench.start(target)) if target.command else None
                running[target.name] = target, process
            for target in targets:
                responders.wait_until(lambda: responders.is_ready(target), target.label, bench.log)
            lengths = {target.name: responders.verify(bench, target, COUNT) for target in targets if target.command}
            print(f"All do the same work; bytes in an answer: {lengths}", flush=True)
            for target in targets:
                figures.wrk(target, bench.requests(COUNT), 64, 1)
            result["answerBytes"] = lengths
            result["comparison"] = sections.comparison(bench, running, nginx, settings, rounds, seconds)
            if options.all:
                result["connections"] = sections.connections(bench, running, nginx, 2, seconds)
                result["lengths"] = sections.lengths(bench, running, nginx, 2, seconds)
        if options.all:
            result["sizes"] = sections.sizes(bench, nginx, 3, seconds)
            result["start"] = sections.start(bench)
            result["growth"] = sections.growth(bench, nginx)
            result["program"] = sections.sizes_of_program(bench)

    print(f"\n{described(facts)}")
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if not options.quick:
        (output / "chart.svg").write_text(chart.draw(result))
    print(f"Written to {output}: result.json" + ("" if options.quick else " and chart.svg"))


if __name__ == "__main__":
    main()
