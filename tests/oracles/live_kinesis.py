#!/usr/bin/env python3
"""live_kinesis.py: a Kinesis on this machine, moto's, which does what is said on standard input, a JSON object a line.

The first line that it prints is its address. Then it answers each object with one, or with {"error": …}:
{"call": OPERATION, "with": {…}}    boto3's call of that name
{"put": STREAM, "rows": [TEXT, …], "keys": N}   puts rows, by one of N partition keys in turn
{"aggregate": STREAM, "rows": [TEXT, …]}        puts them as one record, as awslabs' aggregator makes it
{"read": STREAM}                    all data, shard by shard, in the order in which the shards came to be
{"trouble": N}                      every Nth GetRecords is throttled, every Nth record of PutRecords refused, every Nth iterator is too old
{"asked": OPERATION}                how often that was asked for
{"enforce": [ACTION, …]}            the key of a user who may do that alone, and the ARN of a role that may, too; from then on moto checks
                                    signatures and policies
{"token": TEXT, "seconds": N}       the token that is taken for keys of a role from now on, and how long such keys hold

moto 5.2 differs from the service's own documents in what is mended here: the iterator that follows the last record of a closed
shard is null (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html); records stay in the shard that they
were put into when it is split or merged, and closed shards get no more of them
(https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html); and moto refuses nothing for want
of throughput. AssumeRoleWithWebIdentity takes a token and no signature
(https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html), of which moto looks at neither.
"""

import hashlib
import json
import logging
import os
import sys
import threading
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import boto3
import moto.server
from moto import settings
from moto.core.exceptions import JsonRESTError
from moto.kinesis import models
from moto.sts import models as sts_models, responses as sts_responses
from moto.sts.exceptions import STSClientError

REGION = "us-east-1"


class Trouble:
    """What goes wrong, and how often."""

    def __init__(self):
        self.every = 0
        self.count = Counter()
        self.lock = threading.Lock()

    def comes(self, operation):
        with self.lock:
            self.count[operation] += 1
            return self.every and self.count[operation] % self.every == 0


TROUBLE = Trouble()


class Identity:
    """The token of a web identity that is taken, and how long keys for it hold."""

    token, seconds = None, 3600

    @classmethod
    def mend(cls):
        usual = sts_responses.TokenResponse._authenticate_and_authorize_normal_action
        assume = sts_models.STSBackend.assume_role_with_web_identity

        answer = sts_responses.TokenResponse.assume_role_with_web_identity

        def admitted(self, resource="*"):
            if self._get_action() != "AssumeRoleWithWebIdentity":
                usual(self, resource)

        def answered(self):
            if "Authorization" in self.headers or self._get_param("WebIdentityToken") != cls.token:
                raise STSClientError("InvalidIdentityToken", "The token is not of those who are trusted")
            return answer(self)

        def assumed(self, **given):
            return assume(self, **{**given, "duration": cls.seconds})

        sts_responses.TokenResponse._authenticate_and_authorize_normal_action = admitted
        sts_responses.TokenResponse.assume_role_with_web_identity = answered
        sts_models.STSBackend.assume_role_with_web_identity = assumed


def mend():
    """Puts the service's own ways, and its troubles, around moto's."""
    get, put = models.KinesisBackend.get_records, models.KinesisBackend.put_records

    def get_records(self, stream_arn, shard_iterator, limit):
        if TROUBLE.comes("GetRecords"):
            raise JsonRESTError("ProvisionedThroughputExceededException", "Rate exceeded for shard")
        if TROUBLE.comes("iterator"):
            raise JsonRESTError("ExpiredIteratorException", "Iterator expired")
        following, records, behind = get(self, stream_arn, shard_iterator, limit)
        name, shard_id, last = models.decompose_shard_iterator(following)
        shard = self.describe_stream(stream_arn=stream_arn, stream_name=name).get_shard(shard_id)
        ended = not shard.is_open and all(number <= int(last) for number in shard.records)
        return None if ended else following, records, behind

    def put_records(self, stream_arn, stream_name, records):
        refused = [TROUBLE.comes("PutRecords") for _ in records]
        taken = [record for record, no in zip(records, refused) if not no]
        answers = iter(put(self, stream_arn, stream_name, taken)["Records"] if taken else [])
        why = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"}
        answer = [why if no else next(answers) for no in refused]
        return {"FailedRecordCount": sum(map(bool, refused)), "Records": answer}

    def staying(reshard, shards):
        def resharded(self, *given):
            parents = [self.shards[shard] for shard in given[:shards]]
            kept = [parent.records for parent in parents]
            for parent in parents:
                parent.records = models.OrderedDict()
            reshard(self, *given)
            for parent, records in zip(parents, kept):
                parent.records = records

        return resharded

    def open_shard(self, partition_key, explicit_hash_key):
        place = int(explicit_hash_key or hashlib.md5(partition_key.encode()).hexdigest(), 10 if explicit_hash_key else 16)
        shards = (shard for shard in self.shards.values() if shard.is_open)
        return next(shard for shard in shards if shard.starting_hash <= place <= shard.ending_hash)

    models.Stream.get_shard_for_key = open_shard
    models.Stream.split_shard = staying(models.Stream.split_shard, 1)
    models.Stream.merge_shards = staying(models.Stream.merge_shards, 2)
    models.KinesisBackend.get_records = get_records
    models.KinesisBackend.put_records = put_records


class Server:
    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
        server = moto.server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        self.address = f"http://{host}:{port}"
        self.kinesis = self.client("kinesis")

    def client(self, service):
        return boto3.client(service, endpoint_url=self.address, region_name=REGION, aws_access_key_id="testing",
                            aws_secret_access_key="testing")

    def answer(self, said):
        if "call" in said:
            answer = getattr(self.kinesis, said["call"])(**said["with"])
            return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        if "put" in said:
            return self.put(said["put"], said["rows"], said["keys"])
        if "aggregate" in said:
            return self.aggregate(said["aggregate"], said["rows"])
        if "read" in said:
            return {"rows": self.read(said["read"])}
        if "trouble" in said:
            TROUBLE.every = said["trouble"]
            return {}
        if "asked" in said:
            return {"times": TROUBLE.count[said["asked"]]}
        if "token" in said:
            Identity.token, Identity.seconds = said["token"], said["seconds"]
            return {}
        return self.enforce(said["enforce"])

    def put(self, stream, rows, keys):
        records = [{"Data": row.encode(), "PartitionKey": f"key {at % keys}"} for at, row in enumerate(rows)]
        # What is refused would come later than what follows it.
        every, TROUBLE.every = TROUBLE.every, 0
        for at in range(0, len(records), 500):
            self.kinesis.put_records(StreamName=stream, Records=records[at:at + 500])
        TROUBLE.every = every
        return {}

    def aggregate(self, stream, rows):
        sys.path.append(str(next((provisioning.provision("live") / "venv/lib").glob("python3*/site-packages"))))
        from aws_kinesis_agg.aggregator import RecordAggregator

        aggregator = RecordAggregator()
        for row in rows:
            aggregator.add_user_record("key", row.encode())
        key, _, data = aggregator.clear_and_get().get_contents()
        return self.kinesis.put_record(StreamName=stream, Data=data, PartitionKey=key)

    def read(self, stream):
        rows = []
        for shard in self.kinesis.list_shards(StreamName=stream)["Shards"]:
            place = self.kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"],
                                                    ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while place:
                answer = self.kinesis.get_records(ShardIterator=place)
                rows += [record["Data"].decode() for record in answer["Records"]]
                place = answer.get("NextShardIterator") if answer["Records"] else None
        return rows

    def enforce(self, actions):
        iam = self.client("iam")
        iam.create_user(UserName="runner")
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="runner", PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName="runner")["AccessKey"]
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy)
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"], "role": role}


def main():
    mend()
    Identity.mend()
    server = Server()
    print(json.dumps({"address": server.address}), flush=True)
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
