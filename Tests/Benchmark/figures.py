"""One measurement, what several of them come to, and the tables."""

import json
import pathlib
import statistics
import subprocess
import sys
import time

import responders

HERE = pathlib.Path(__file__).parent


class Progress:
    """One line that changes, or one line after the other where that is a file."""

    def __init__(self, total):
        self.total, self.done, self.started = total, 0, time.monotonic()

    def step(self, text):
        self.done += 1
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        line = f"[{self.done}/{self.total}  {minutes}:{seconds:02}]  {text}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="" if self.done < self.total else "\r\033[K", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)


def wrk(target, requests, clients, seconds, is_kept=True, script="wrk.lua"):
    command = ["wrk", "-t", min(responders.CORES, clients), "-c", clients, "-d", f"{seconds}s", "--timeout", "10s"]
    command += ["-s", HERE / script, f"http://127.0.0.1:{target.port}", "--", requests]
    command += ["keep" if is_kept else "close"]
    output = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, check=True, timeout=seconds + 30, text=True
    ).stdout
    return json.loads(output.splitlines()[-1])


def measure(bench, target, process, nginx, requests, clients, seconds, is_kept=True, script="wrk.lua"):
    """One measurement: times in milliseconds, CPU time a request in microseconds, memory in KiB."""
    bench.empty_logs()
    before, nginx_before = process.cpu() if process else (0, 0), sum(nginx.cpu())
    seen = wrk(target, requests, clients, seconds, is_kept, script)
    after, nginx_after = process.cpu() if process else (0, 0), sum(nginx.cpu())
    count = max(1, seen["requests"])
    user, system = ((after[i] - before[i]) * 1e6 / count for i in range(2))
    return {
        "perSecond": seen["requests"] * 1e6 / seen["micros"],
        "p50": seen["p50"] / 1000,
        "p99": seen["p99"] / 1000,
        "p999": seen["p999"] / 1000,
        "errors": seen["refused"] + seen["broken"] + seen["timeouts"],
        "requests": seen["requests"],
        "cpu": user + system,
        "cpuUser": user,
        "cpuSystem": system,
        "cpuNginx": (nginx_after - nginx_before) * 1e6 / count,
        "memory": process.memory() if process else 0,
    }


# --- Of several rounds ------------------------------------------------------------------------------------------------


def median(rounds, name):
    return statistics.median(one[name] for one in rounds)


def spread(rounds, name):
    """How far apart the rounds were, of their median."""
    values = [one[name] for one in rounds]
    return (max(values) - min(values)) / statistics.median(values) if statistics.median(values) else 0


def ratio(ours, theirs, name):
    """The median of the ratios within each round: what the machine did to both of a round cancels out."""
    ratios = (one[name] / other[name] if other[name] else float("nan") for one, other in zip(ours, theirs))
    return statistics.median(ratios)


def summary(rounds):
    names = ["perSecond", "p50", "p99", "p999", "cpu", "cpuUser", "cpuSystem", "cpuNginx", "memory"]
    return (
        {name: round(median(rounds, name), 3) for name in names}
        | {"errors": sum(one["errors"] for one in rounds), "spread": round(spread(rounds, "perSecond"), 3)}
        | {"rounds": [{name: round(value, 3) for name, value in one.items()} for one in rounds]}
    )


# --- Tables -----------------------------------------------------------------------------------------------------------


def table(headings, rows):
    cells = [headings, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    for number, row in enumerate(cells):
        others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))
        print("  " + "  ".join([row[0].ljust(widths[0]), *others]))
        if number == 0:
            print("  " + "  ".join("─" * width for width in widths))


def line_of(label, rounds, reference=None):
    cpu = f"{median(rounds, 'cpu'):.1f}" if median(rounds, "cpu") else ""
    memory = f"{median(rounds, 'memory') / 1024:.1f}" if median(rounds, "memory") else ""
    cells = [
        label,
        f"{median(rounds, 'perSecond'):,.0f}",
        f"{spread(rounds, 'perSecond') * 100:.0f} %",
        f"{median(rounds, 'p50'):.2f}",
        f"{median(rounds, 'p99'):.2f}",
        f"{median(rounds, 'p999'):.2f}",
        f"{sum(one['errors'] for one in rounds):,}",
        cpu,
        memory,
    ]
    if reference is not None:
        cells.append(f"{ratio(rounds, reference, 'perSecond'):.2f}")
    return cells


HEADINGS = ["", "req/s", "spread", "p50 ms", "p99 ms", "p99.9 ms", "errors", "CPU µs/req", "RSS MiB", "× C queue"]


def say(text):
    print(f"\n{text}")
