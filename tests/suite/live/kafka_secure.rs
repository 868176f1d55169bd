//! Kafka over TLS, with passwords, and as MSK asks for keys of AWS: Tansu's brokers, behind what speaks for them.

use super::{Live, Server, TO_FILES, has_written, program, rows};
use crate::command::Sandbox;
use serde_json::json;

/// The user that the brokers know.
const USER: (&str, &str) = ("KAFKA_SASL_USERNAME", "alice");
const PASSWORD: (&str, &str) = ("KAFKA_SASL_PASSWORD", "pencil, =1 & more");
/// The key that they know.
const KEY: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
];
const SESSION: (&str, &str) = ("AWS_SESSION_TOKEN", "a/session+token==");
const EVERY: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];
const PASSWORDS: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

struct Broker {
    address: String,
    /// The file with whom to trust.
    trust: String,
}

/// A broker that speaks a protocol and takes mechanisms.
fn broker(server: &mut Server, sandbox: &Sandbox, protocol: &str, mechanisms: &[&str]) -> Broker {
    let opened = server.ask(&json!({ "open": protocol, "with": mechanisms }));
    let text = |name: &str| opened[name].as_str().unwrap().to_owned();
    sandbox.write("trust.pem", text("trust"));
    Broker { address: text("address"), trust: sandbox.path("trust.pem").to_str().unwrap().to_owned() }
}

impl Broker {
    fn make(&self, server: &mut Server, topics: &[&str]) {
        for topic in topics {
            let made = server.ask(&json!({ "make": topic, "at": self.address }));
            assert_eq!(made, json!({ "partitions": 4 }));
        }
    }

    fn put(&self, server: &mut Server, lines: &[String]) {
        server.ask(&json!({ "put": "readings", "rows": lines, "keys": 12, "at": self.address }));
    }

    /// As whom it was asked since so many admissions.
    fn admitted(&self, server: &mut Server, before: usize) -> Vec<String> {
        let who = server.ask(&json!({ "admitted": self.address }));
        let who: Vec<String> = serde_json::from_value(who["who"].clone()).unwrap();
        who.into_iter().skip(before).collect()
    }

    /// The program, whose streams are in this broker.
    fn program(&self, sandbox: &Sandbox, more: &str) {
        let connector =
            |name: &str| format!("kafka({name:?}, servers = [\"{}\"], start = earliest{more})", self.address);
        sandbox.write("p/a.dpl", program(connector));
    }
}

fn words(more: &[&str]) -> Vec<String> {
    ["run", "means", "p", "--from", "readings=live"]
        .iter()
        .chain(more)
        .map(|word| (*word).to_owned())
        .collect()
}

#[test]
fn a_topic_is_read_over_tls_with_each_kind_of_password() {
    let sandbox = Sandbox::new();
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    let lines = rows(0, 5000);
    let broker = broker(&mut server, &sandbox, "SASL_SSL", PASSWORDS);
    broker.program(&sandbox, ", iam = false");
    broker.make(&mut server, &["readings"]);
    broker.put(&mut server, &lines);
    for mechanism in PASSWORDS {
        let before = broker.admitted(&mut server, 0).len();
        let trust = ("SSL_CERT_FILE", broker.trust.as_str());
        let environment = [trust, USER, PASSWORD, ("KAFKA_SASL_MECHANISM", mechanism)];
        let live = Live::start(&sandbox, &words(&TO_FILES), &environment);
        live.has_read(5000);
        live.stop();
        has_written(&sandbox, &lines);
        assert!(broker.admitted(&mut server, before).iter().all(|who| who == "alice"));
    }
}

#[test]
fn a_topic_is_read_over_tls_alone_and_with_a_password_alone() {
    let sandbox = Sandbox::new();
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    let lines = rows(0, 5000);
    for (protocol, mechanisms) in [("SSL", &[][..]), ("SASL_PLAINTEXT", PASSWORDS)] {
        let broker = broker(&mut server, &sandbox, protocol, mechanisms);
        broker.make(&mut server, &["readings"]);
        broker.put(&mut server, &lines);
        let mechanism = ("KAFKA_SASL_MECHANISM", mechanisms.first().copied().unwrap_or_default());
        let environment = [("SSL_CERT_FILE", broker.trust.as_str()), USER, PASSWORD, mechanism];
        // Said of all brokers, and of those of a stream.
        broker.program(&sandbox, ", iam = false");
        let of_all = [&environment[..], &[("KAFKA_SECURITY_PROTOCOL", protocol)]].concat();
        let live = Live::start(&sandbox, &words(&TO_FILES), &of_all);
        live.has_read(5000);
        live.stop();
        has_written(&sandbox, &lines);
        broker.program(&sandbox, "");
        let endpoint = format!("readings={protocol}://{}", broker.address);
        let live = Live::start(&sandbox, &words(&["--endpoint", &endpoint]), &environment);
        live.has_read(5000);
        live.stop();
    }
}

/// As MSK does it: TLS, and a token that AWS's own signer makes, too; each connection with another one, also after the brokers ended those before.
#[test]
fn a_topic_of_msk_is_read_and_written_with_keys_of_aws() {
    let sandbox = Sandbox::new();
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    let lines = rows(0, 5000);
    let broker = broker(&mut server, &sandbox, "SASL_SSL", &["OAUTHBEARER"]);
    broker.program(&sandbox, "");
    broker.make(&mut server, &["readings", "averages"]);
    broker.put(&mut server, &lines[..2500]);
    let trust = ("SSL_CERT_FILE", broker.trust.as_str());
    let before = broker.admitted(&mut server, 0).len();
    let environment = [&KEY[..], &[trust]].concat();
    let live = Live::start(&sandbox, &words(&["--to", "averages=live"]), &environment);
    live.has_read(2500);
    let first = broker.admitted(&mut server, before).len();
    assert!(first > 0);
    server.ask(&json!({ "cut": broker.address }));
    broker.put(&mut server, &lines[2500..]);
    live.has_read(5000);
    live.stop();
    let all = broker.admitted(&mut server, before);
    assert!(all.len() > first && all.iter().all(|who| *who == KEY[0].1), "{first}: {all:?}");
    let written = server.ask(&json!({ "read": "averages", "at": broker.address }));
    let mut written: Vec<String> = serde_json::from_value(written["rows"].clone()).unwrap();
    // What was being written when the connections ended is written again.
    written.sort_unstable();
    written.dedup();
    sandbox.write("out.jsonl", written.join("\n") + "\n");

    // Keys for a while come with a session, which is in the token.
    let before = all.len() + before;
    let environment = [&environment[..], &[SESSION]].concat();
    let live = Live::start(&sandbox, &words(&["--to", "rejected=rejected.jsonl"]), &environment);
    live.has_read(5000);
    live.stop();
    has_written(&sandbox, &lines);
    let with_session = format!("{} {}", KEY[0].1, SESSION.1);
    assert!(broker.admitted(&mut server, before).contains(&with_session));
}

/// That a run ends at once and says why. What is asked, `PROTOCOL://ADDRESS`, or what the program says; what the environment says; some words.
#[track_caller]
fn refused(sandbox: &Sandbox, at: &str, environment: &[(&str, &str)], wanted: &[&str]) {
    let endpoint = format!("readings={at}");
    let mut command = sandbox.command(&["run", "means", "p", "--from", "readings=live"]);
    if !at.is_empty() {
        command.args(["--endpoint", &endpoint]);
    }
    command.env("HOME", sandbox.root()).env("AWS_EC2_METADATA_DISABLED", "true").env_remove("SSL_CERT_DIR");
    command.env("SSL_CERT_FILE", sandbox.path("trust.pem")).envs(environment.iter().copied());
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(2) && wanted.iter().all(|word| said.contains(word)), "{at}: {said}");
}

fn protocol(name: &str) -> (&'static str, &str) {
    ("KAFKA_SECURITY_PROTOCOL", name)
}

fn mechanism(name: &str) -> (&'static str, &str) {
    ("KAFKA_SASL_MECHANISM", name)
}

#[test]
fn who_speaks_tls_and_who_does_not_is_told() {
    let sandbox = Sandbox::new();
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    let tls = broker(&mut server, &sandbox, "SSL", &[]).address;
    let plain = broker(&mut server, &sandbox, "PLAINTEXT", &[]);
    let strange = server.ask(&json!({ "open": "SSL", "trusted": false }));
    let strange = format!("SSL://{}", strange["address"].as_str().unwrap());
    plain.program(&sandbox, "");
    let otherwise =
        "speaks no TLS; `--endpoint readings=PROTOCOL://HOST:PORT` or `iam = false` in the program";
    refused(&sandbox, "", &KEY, &[otherwise]);
    plain.program(&sandbox, ", iam = false");
    let otherwise =
        "speaks no TLS; `KAFKA_SECURITY_PROTOCOL`, or `--endpoint readings=PROTOCOL://HOST:PORT`,";
    refused(&sandbox, "", &[protocol("SSL")], &[otherwise, "says `PLAINTEXT`"]);
    let otherwise = "speaks TLS alone; `KAFKA_SECURITY_PROTOCOL`";
    refused(&sandbox, &tls, &[], &[otherwise, "says `SSL` or `SASL_SSL`"]);
    refused(&sandbox, &strange, &[], &["is not trusted: ", "UnknownIssuer", "`SSL_CERT_FILE`"]);
    let other_name = tls.replace("localhost", "SSL://127.0.0.1");
    refused(&sandbox, &other_name, &[], &["is not trusted: certificate not valid for name"]);
    let nowhere = [protocol("SSL"), ("SSL_CERT_FILE", "nowhere.pem")];
    refused(&sandbox, &tls, &nowhere, &["what `SSL_CERT_FILE` names can't be read", "nowhere.pem"]);
    let known = "`TLS` is no protocol: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL";
    refused(&sandbox, &tls, &[protocol("TLS")], &[known]);
}

#[test]
fn who_asks_and_how_is_told_where_it_is_refused() {
    let sandbox = Sandbox::new();
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    let few = broker(&mut server, &sandbox, "SASL_PLAINTEXT", &["SCRAM-SHA-256"]).address;
    let all = broker(&mut server, &sandbox, "SASL_SSL", EVERY);
    all.program(&sandbox, ", iam = false");
    let asks = "asks who is there (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, AWS_MSK_IAM)";
    refused(&sandbox, "", &[protocol("SSL")], &[asks]);
    let otherwise = "says `SASL_PLAINTEXT`, and `KAFKA_SASL_MECHANISM` how";
    refused(&sandbox, &few, &[], &["asks who is there (SCRAM-SHA-256)", otherwise]);
    let few = format!("SASL_PLAINTEXT://{few}");
    refused(&sandbox, &few, &[USER, PASSWORD, mechanism("PLAIN")], &["does not take PLAIN; ", otherwise]);
    let clear = "AWS_MSK_IAM is spoken over TLS alone: `SASL_SSL`, not `SASL_PLAINTEXT`";
    refused(&sandbox, &few, &[mechanism("AWS_MSK_IAM")], &[clear]);
    for &name in PASSWORDS {
        let wrong = [USER, ("KAFKA_SASL_PASSWORD", "pen"), mechanism(name)];
        let says = format!("refuses user `alice` by {name}; look at `KAFKA_SASL_USERNAME`");
        refused(&sandbox, "", &wrong, &[&says]);
    }
    let stranger = [("KAFKA_SASL_USERNAME", "mallory"), PASSWORD, mechanism("SCRAM-SHA-512")];
    refused(&sandbox, "", &stranger, &["refuses user `mallory` by SCRAM-SHA-512"]);
    let key = [KEY[0], ("AWS_SECRET_ACCESS_KEY", "another"), mechanism("AWS_MSK_IAM")];
    refused(&sandbox, "", &key, &["refuses this AWS key", "`kafka-cluster:Connect`"]);
}

#[test]
fn what_the_environment_does_not_say_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("trust.pem", "");
    let connector =
        |more: &str| program(|name| format!("kafka({name:?}, servers = [\"localhost:1\"]{more})"));
    sandbox.write("p/a.dpl", connector(""));
    refused(&sandbox, "", &[], &["no certificates to trust"]);
    sandbox.write("p/a.dpl", connector(", iam = false"));
    let way = [protocol("SASL_PLAINTEXT"), mechanism("PLAIN")];
    let says = "PLAIN takes a user and a password: `KAFKA_SASL_USERNAME` is not set";
    refused(&sandbox, "", &way, &[says]);
    refused(&sandbox, "", &[&way[..], &[USER]].concat(), &["`KAFKA_SASL_PASSWORD` is not set"]);
    let how = "`SASL_SSL` says who asks; `KAFKA_SASL_MECHANISM` how: PLAIN, SCRAM-SHA-256";
    refused(&sandbox, "", &[protocol("SASL_SSL")], &[how]);
    refused(&sandbox, "", &[mechanism("GSSAPI")], &["`KAFKA_SASL_MECHANISM=GSSAPI`: there are PLAIN, SCRAM"]);
    let Some(mut server) = Server::start("live_kafka_secure.py", &["live"]) else { return };
    broker(&mut server, &sandbox, "SSL", &[]).program(&sandbox, "");
    refused(&sandbox, "", &[], &["`readings`: no AWS credentials: set `AWS_ACCESS_KEY_ID`"]);
}

/// What the names and ports of MSK's brokers say.
#[test]
fn brokers_of_msk_are_known_by_their_names() {
    let sandbox = Sandbox::new();
    sandbox.write("token", "none");
    let token = sandbox.path("token");
    let run = |more: &str, wanted: &str| {
        let connector = |name: &str| format!("kafka({name:?}, servers = [{more})");
        sandbox.write("p/a.dpl", program(connector));
        let mut command = sandbox.command(&["run", "means", "p", "--from", "readings=live"]);
        command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").env_remove("NO_PROXY");
        // Nobody is there: what is asked for goes nowhere.
        command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("HOME", sandbox.root());
        command
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
        let said = String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned();
        assert!(said.contains(wanted), "{said}");
    };
    let broker = "\"b-1.demo.a1b2c3.c2.kafka";
    run(&format!("{broker}.eu-west-1.amazonaws.com:9096\"], iam = false"), "SCRAM-SHA-512 takes a user");
    run(&format!("{broker}.eu-west-1.amazonaws.com:9098\"]"), "at `https://sts.eu-west-1.amazonaws.com`");
    run(
        &format!("{broker}.cn-north-1.amazonaws.com.cn:9098\"]"),
        "at `https://sts.cn-north-1.amazonaws.com.cn`",
    );
    let serverless = "\"boot-a1b2c3.c2.kafka-serverless.eu-north-1.amazonaws.com:9098\"]";
    run(serverless, "at `https://sts.eu-north-1.amazonaws.com`");
    // Of another name the region is that of the account.
    run("\"broker.example.com:9098\"]", "at `https://sts.us-east-1.amazonaws.com`");
}
