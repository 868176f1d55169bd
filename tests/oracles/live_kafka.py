#!/usr/bin/env python3
"""live_kafka.py: a Kafka on this machine, the one that librdkafka carries for its own tests, which does what is said on standard
input, a JSON object a line.

The first line that it prints is its address. Then it answers each object with one, or with {"error": …}:
{"make": TOPIC}                          a topic of four partitions
{"put": TOPIC, "rows": [TEXT, …], "keys": N, "with": CODEC}    produces rows, by one of N keys in turn, compressed as CODEC says
{"stamp": TOPIC, "rows": [TEXT, …], "at": MILLIS}              produces rows of that time
{"empty": TOPIC}                         produces a record without a value
{"read": TOPIC}                          all data, partition by partition
{"flood": TOPIC, "rows": [TEXT, …], "rate": N, "seconds": S}   produces rows again and again, N a second, each with the time at
                                         which it is handed over in the place of %(sent)d and %(at)s
"""

import datetime
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

sys.path.append(str(next((provisioning.provision("live") / "venv/lib").glob("python3*/site-packages"))))

import confluent_kafka

PATIENCE = 30


class Cluster:
    """A cluster that is reached with settings of librdkafka."""

    def __init__(self, settings):
        self.settings, self.owner, self.producers = settings, confluent_kafka.Producer(settings), {}

    def make(self, topic):
        return len(self.owner.list_topics(topic, timeout=PATIENCE).topics[topic].partitions)

    def producer(self, codec):
        if codec not in self.producers:
            self.producers[codec] = confluent_kafka.Producer(
                {**self.settings, "compression.type": codec, "linger.ms": 1})
        return self.producers[codec]

    def answer(self, said):
        if "make" in said:
            return {"partitions": self.make(said["make"])}
        if "put" in said:
            producer = self.producer(said.get("with", "none"))
            for at, row in enumerate(said["rows"]):
                producer.produce(said["put"], row.encode(), key=f"key {at % said['keys']}", on_delivery=delivered)
                producer.poll(0)
            return {"left": producer.flush(PATIENCE)}
        if "stamp" in said:
            for row in said["rows"]:
                self.owner.produce(said["stamp"], row.encode(), timestamp=said["at"], on_delivery=delivered)
            return {"left": self.owner.flush(PATIENCE)}
        if "empty" in said:
            self.owner.produce(said["empty"], None, key="key", on_delivery=delivered)
            return {"left": self.owner.flush(PATIENCE)}
        if "read" in said:
            return {"rows": self.read(said["read"])}
        return self.flood(said["flood"], said["rows"], said["rate"], said["seconds"])

    def read(self, topic):
        asked = {"group.id": "reader", "enable.partition.eof": True, "fetch.wait.max.ms": 10}
        consumer = confluent_kafka.Consumer({**self.settings, **asked})
        rows = []
        # A client that has to ask for a token asks while it polls.
        self.owner.poll(0)
        for number in sorted(self.owner.list_topics(topic, timeout=PATIENCE).topics[topic].partitions):
            consumer.assign([confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_BEGINNING)])
            while True:
                record = consumer.poll(PATIENCE)
                if record is not None and record.error() and record.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    break
                if record is None or record.error():
                    raise RuntimeError(f"{topic} can't be read: {record and record.error()}")
                rows.append(record.value().decode())
        consumer.close()
        return rows

    def flood(self, topic, rows, rate, seconds):
        """Every half millisecond its part of the rows."""
        producer = self.producer("none")
        began, sent, total = time.time(), 0, rate * seconds
        while sent < total:
            now = time.time()
            due = min(total, int((now - began) * rate))
            whole, part = divmod(int(now * 1000), 1000)
            stamp = f"{datetime.datetime.fromtimestamp(whole, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}.{part:03}"
            what = {"sent": whole * 1000 + part, "at": stamp}
            for at in range(sent, due):
                producer.produce(topic, rows[at % len(rows)] % what)
            sent = max(sent, due)
            producer.poll(0.0005)
        return {"left": producer.flush(PATIENCE), "seconds": time.time() - began}


def delivered(error, _):
    if error is not None:
        raise RuntimeError(f"a record is not taken: {error}")


def mock():
    """The one that librdkafka carries; it lives as long as the client that asked for it, which is handed out with its address."""
    owner = confluent_kafka.Producer({"test.mock.num.brokers": 1})
    brokers = owner.list_topics(timeout=PATIENCE).brokers.values()
    return owner, ",".join(f"{broker.host}:{broker.port}" for broker in brokers)


def converse(first, answers):
    """Says the first thing, and then answers what is said on standard input."""
    print(json.dumps(first), flush=True)
    for line in sys.stdin:
        try:
            answer = answers(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def main():
    owner, address = mock()
    converse({"address": address}, Cluster({"bootstrap.servers": address}).answer)
    del owner


if __name__ == "__main__":
    main()
