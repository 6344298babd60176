# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The history of every interrupt of a trace in JSON, put together again from its events alone.

Each delivery (x86: the processor takes the vector; Arm: the handler reads IAR) must name a raise that came before it, and each
end of interrupt at a processor or at the 8259A the delivery that is open there. The times between them are those that the
format `latency` must print.
"""
import collections
import json
import math
import pathlib

import harness

RAISES = ("line", "trigger", "message", "ipi", "timer", "set")
NO_EOI = 16 # vectors of a local APIC below it are exceptions and NMI

Moment = collections.namedtuple("Moment", "instructions time")
Delivery = collections.namedtuple("Delivery", "cause number source moment")


class Orphan(Exception):
    """An event that belongs to no interrupt, or to one that cannot be."""


class History:
    """What became of each raise. `delivered` and `ended` have the Moments between, by source."""

    def __init__(self, lines):
        events = [json.loads(line) for line in lines]
        self.arm = events[0]["family"] == "arm"
        self.raised = {}                              # by cause: when; of a level that is sent again, its last end
        self.levels = set()                           # causes of lines and pins
        self.names = {}                               # of sources, by cause
        self.open = collections.defaultdict(list)     # by processor
        self.exception = {}                           # Arm, by processor: the last one
        self.delivered = collections.defaultdict(list)
        self.ended = collections.defaultdict(list)
        self.whole = 0                                # interrupts from raise to end
        for event in events[1:]:
            self.event(event)

    def event(self, event):
        name, cause = event["event"], event.get("cause")
        self.names.setdefault(cause, event.get("source"))
        raises = name in RAISES or name == "pin" # a LINT, or an Arm timer's PPI, has no line
        if raises and event.get("level", True) and cause not in self.raised:
            self.raised[cause] = self.moment(event)
            if name in ("line", "pin"):
                self.levels.add(cause)
        if name == "take" and self.arm:
            self.known(event)
            self.exception[event["cpu"]] = event
        elif name in ("take", "ack"):
            self.deliver(event)
        elif name == "eoi":
            self.end(event)

    @staticmethod
    def moment(event):
        return Moment(event["instructions"], event["time"])

    def known(self, event):
        if not event.get("cause") or event["cause"] not in self.raised:
            raise Orphan(f"delivered, but never raised: {event}")

    def deliver(self, event):
        self.known(event)
        cause, cpu, moment = event["cause"], event["cpu"], self.moment(event)
        exception = self.exception.pop(cpu, None)
        if exception and exception.get("cause") == cause:
            moment = self.moment(exception)
        self.delivered[self.names[cause]].append(self.between(self.raised[cause], moment, event))
        number = event["intid" if self.arm else "vector"]
        if self.arm or number >= NO_EOI:
            self.open[cpu].append(Delivery(cause, number, self.names[cause], moment))

    def end(self, event):
        """The end at an IOAPIC or a distributor comes after that at the processor, and of the same interrupt."""
        cause = event.get("cause")
        if not cause or cause not in self.raised:
            raise Orphan(f"ended, but never raised: {event}")
        if "cpu" not in event and event["chip"] != "pic":
            return
        number = event["intid" if self.arm else "vector"]
        places = [event["cpu"]] if "cpu" in event else list(self.open)
        for cpu in places:
            for delivery in reversed(self.open[cpu]):
                if (delivery.cause, delivery.number) == (cause, number):
                    self.open[cpu].remove(delivery)
                    self.ended[delivery.source].append(self.between(delivery.moment, self.moment(event), event))
                    self.whole += 1
                    if cause in self.levels:
                        self.raised[cause] = self.moment(event)
                    return
        raise Orphan(f"ended, but not delivered: {event}")

    @staticmethod
    def between(first, last, event):
        difference = Moment(last.instructions - first.instructions, last.time - first.time)
        if min(difference) < 0:
            raise Orphan(f"before what it follows from: {event}")
        return difference

    def left(self):
        """Deliveries without an end."""
        return [delivery for deliveries in self.open.values() for delivery in deliveries]


def rows(samples):
    """The numbers of one source as the table has them: count; and of both units least, median, 99th percentile and most."""
    def nearest(values, percent):
        return values[math.ceil(len(values) * percent / 100) - 1]

    row = [len(samples)]
    for unit in range(2):
        values = sorted(sample[unit] for sample in samples)
        row += [values[0], nearest(values, 50), nearest(values, 99), values[-1]]
    return row


def read_table(text):
    """The two tables of the format `latency`: by source, as rows() has them."""
    tables, source = [], None
    for line in text.splitlines():
        words = line.replace(",", "").split()
        if line.startswith("From "):
            tables.append({})
        elif len(words) == 7 and words[2] == "instructions":
            source = words[0]
            tables[-1][source] = [int(words[1]), *map(int, words[3:])]
        elif len(words) == 5 and words[0] == "ns":
            tables[-1][source] += map(int, words[1:])
    return tables


def check(trace, table):
    """Reads the files of both formats of one run, and returns the History; or fails."""
    try:
        with open(trace) as lines:
            history = History(lines)
    except Orphan as orphan:
        harness.fail(str(orphan))
    for which, samples, printed in zip(("delivered", "ended"), (history.delivered, history.ended),
                                       read_table(pathlib.Path(table).read_text())):
        computed = {source: rows(moments) for source, moments in samples.items()}
        if computed != printed:
            harness.fail(f"the table has other latencies until {which}: {printed} instead of {computed}")
    return history
