//! `dpl can` and `dpl who-can`: their answers, why, and with which exit code.

use serde_json::Value as Json;

use crate::command::{Said, Sandbox};

const PROGRAM: &str = "\
organization acme {
  region = \"eu-central-1\"
  account management { id = \"111111111111\" }
  account lake { id = \"222222222222\" }
  account prod { id = \"333333333333\" }
}
account partner { id = \"444444444444\", region = \"eu-central-1\" }

bucket data in lake { }
bucket mirror in prod { }
bucket theirs in partner { external = true }

group analysts in lake { }
saml_provider okta in lake { }

role Owner  in lake { trust = [lake] }
role Reader in lake { trust = [Caller] }
role Caller in prod { trust = [prod] }
role Person in lake { trust = [saml okta] }
role Member in lake { trust = [group analysts] }
role Copier in prod { trust = [prod] }
role Guest  in lake { trust = [partner], external_id = \"x1\" }

domain sales in lake {
  owner    = Owner
  location = data / \"sales\"

  table orders {
    order_id : string
    email    : string
  }
}

sync mirrored in lake {
  from    = data / \"sales\"
  to      = mirror / \"sales\"
  exclude = [\"/secret\"]
}

grant read on data to Reader
grant read on data / \"in\" to [Person, Member, Guest]
grant read on mirror to Copier
grant read on theirs to Caller
grant read on data to partner
grant select(order_id), describe on sales.orders to Owner
deny read on data / \"secret\" to Reader

assert Caller cannot read on data
";

fn program() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p/lake.dpl", PROGRAM).write("p/sub/other.dpl", "param size : int = 3\n");
    sandbox
}

/// The one answer of `dpl can … --json`, and that the exit code goes with it.
fn answer(sandbox: &Sandbox, arguments: &[&str]) -> Json {
    let mut all = vec!["can"];
    all.extend(arguments);
    all.extend(["p", "--json"]);
    let said = sandbox.dpl(&all);
    let json: Json = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let answer = json.pointer("/answers/0").unwrap().clone();
    assert_eq!(said.code, Some(i32::from(answer["answer"] != "yes")), "{arguments:?}");
    answer
}

fn verdict(sandbox: &Sandbox, arguments: &[&str]) -> String {
    answer(sandbox, arguments)["answer"].as_str().unwrap().to_owned()
}

/// The lines of the program that a chain leads over, in its order.
fn lines(answer: &Json) -> Vec<u64> {
    let links = answer["chain"].as_array().unwrap();
    let places = links.iter().flat_map(|link| link["places"].as_array().unwrap());
    places.map(|place| place["line"].as_u64().unwrap()).collect()
}

fn line(text: &str) -> u64 {
    PROGRAM.lines().position(|line| line.contains(text)).unwrap() as u64 + 1
}

#[test]
fn answers_are_those_of_assertions() {
    let sandbox = program();
    for (expected, principal, capability, resource) in [
        ("yes", "Reader", "read", "data / \"in\""),
        ("no", "Reader", "read", "data / \"secret\""),
        ("no", "Reader", "write", "data"),
        ("partly", "Reader", "read", "data"),
        ("yes", "Caller", "read", "data / \"in\""),
        ("yes", "Caller", "assume", "Reader"),
        ("no", "Copier", "assume", "Reader"),
        ("yes", "saml okta", "read", "data / \"in\""),
        ("partly", "saml okta", "read", "data"),
        ("yes", "group analysts", "read", "data / \"in\""),
        ("partly", "Owner", "select", "sales.orders"),
        ("yes", "Owner", "select(order_id)", "sales.orders"),
        ("no", "Owner", "select(email)", "sales.orders"),
        ("yes", "Reader", "select(email)", "sales.orders"),
        ("partly", "Copier", "read", "data / \"sales\""),
        ("no", "Copier", "read", "data / \"sales/secret\""),
        ("no", "Copier", "read", "data / \"in\""),
        ("yes", "mirrored", "read", "data / \"sales\""),
        ("yes", "Caller", "read", "theirs"),
        ("undecided", "partner", "read", "data"),
        ("no", "account \"555555555555\"", "read", "data"),
        ("no", "service lambda", "read", "data"),
        ("yes", "Reader", "s3.GetObject", "data / \"in\""),
    ] {
        let found = verdict(&sandbox, &[principal, capability, resource]);
        assert_eq!(found, expected, "can {principal} {capability} {resource}");
    }
}

#[test]
fn an_answer_shows_the_statements_that_decide_as_a_chain() {
    let sandbox = program();
    let through = answer(&sandbox, &["Caller", "read", "data / \"in\""]);
    assert_eq!(through["by"], "having become `Reader`");
    assert_eq!(lines(&through), [line("role Reader"), line("grant read on data to Reader")]);
    assert_eq!(through.pointer("/chain/1/statement").unwrap(), "S3GetObjectData");

    let copied = answer(&sandbox, &["Copier", "read", "data / \"sales/orders\""]);
    assert_eq!(copied["by"], "from a copy in `mirror / \"sales/orders\"`");
    assert_eq!(lines(&copied), [line("sync mirrored"), line("grant read on mirror")]);

    let entered = answer(&sandbox, &["saml okta", "read", "data / \"in\""]);
    assert_eq!(lines(&entered), [line("role Person"), line("to [Person, Member, Guest]")]);

    let past = answer(&sandbox, &["Reader", "select(email)", "sales.orders"]);
    assert_eq!(past["by"], "by its objects in the bucket");

    let denied = answer(&sandbox, &["Reader", "read", "data / \"secret\""]);
    assert_eq!(denied.pointer("/missing/places/0/line").unwrap(), line("deny read"));
    assert!(denied["missing"]["reason"].as_str().unwrap().contains("denies it"), "{denied}");
}

#[test]
fn what_is_assumed_is_said() {
    let sandbox = program();
    let assumed = |answer: &Json, what: &str| {
        answer["assumes"].as_array().unwrap().iter().any(|it| it.as_str().unwrap().contains(what))
    };
    let external = answer(&sandbox, &["Caller", "read", "theirs"]);
    assert!(assumed(&external, "the owner of `theirs` lets it in"), "{external}");
    let let_in = answer(&sandbox, &["partner", "read", "data"]);
    assert!(assumed(&let_in, "its own policies"), "{let_in}");
    let entered = answer(&sandbox, &["saml okta", "read", "data / \"in\""]);
    assert!(assumed(&entered, "the provider says of them"), "{entered}");
    let plain = answer(&sandbox, &["Reader", "read", "data / \"in\""]);
    assert_eq!(plain["assumes"].as_array().unwrap().len(), 1, "{plain}");
}

#[test]
fn people_read_what_programs_do() {
    let sandbox = program();
    let said = sandbox.dpl(&["can", "Caller", "read", "data / \"in\"", "p"]);
    let expected = format!(
        "\
yes: `Caller` can `read` on `data / \"in\"`, having become `Reader`
  `Reader` lets `Caller` become it
    lake.dpl:{}: role Reader in lake {{ trust = [Caller] }}
  the policy of `Reader` allows s3:GetObject
    lake.dpl:{}: grant read on data to Reader
  assumed: requests come by TLS, and nobody changes policies by hand
",
        line("role Reader"),
        line("grant read on data to Reader"),
    );
    assert_eq!(said.fine().out, expected);
    let two = sandbox.dpl(&["can", "Caller", "read,write", "data / \"in\"", "p"]);
    assert_eq!(two.code, Some(1), "{}", two.err);
    assert!(
        two.out.contains("yes: `Caller`") && two.out.contains("\n\nno: `Caller` cannot `write`"),
        "{}",
        two.out
    );
}

#[test]
fn questions_are_refused_as_sentences_are() {
    let sandbox = program();
    let ask = |arguments: &[&str]| -> Said {
        let mut all = vec!["can"];
        all.extend(arguments);
        all.push("p");
        sandbox.dpl(&all)
    };
    ask(&["Raeder", "read", "data"]).refused(1, &["DPL0101", "did you mean `Reader`?", "question:1:8"]);
    ask(&["Reader", "raed", "data"]).refused(1, &["DPL0301", "did you mean `read`?"]);
    ask(&["Reader", "select(emial)", "sales.orders"]).refused(1, &["DPL0101", "did you mean `email`?"]);
    ask(&["only [Reader]", "read", "data"]).refused(1, &["DPL0345", "about one principal"]);
    ask(&["Reader can read on data\nassert Owner", "read", "data"]).refused(1, &["DPL0345"]);
    ask(&["Reader", "read on data\nuse sub.other\n//", "data"]).refused(1, &["DPL0345"]);
    ask(&["Reader", "", "data"]).refused(1, &["DPL000"]);
    ask(&["Reader", "read", "size"]).refused(1, &["DPL0"]);
    sandbox.dpl(&["who-can", "raed", "data", "p"]).refused(1, &["DPL0301", "did you mean `read`?"]);
    sandbox.write("p/wrong.dpl", "bucket b in nowhere { }\n");
    let said = ask(&["Reader", "read", "data"]);
    said.refused(1, &["DPL0101", "wrong.dpl"]);
    assert!(said.out.is_empty() && !said.err.contains("question"), "{}{}", said.out, said.err);
}

#[test]
fn a_session_policy_narrows_the_principal_and_not_whom_it_becomes() {
    let sandbox = program();
    let policy = |statements: &str| format!("{{ \"Version\": \"2012-10-17\", \"Statement\": {statements} }}");
    let allow = |action: &str, resource: &str| {
        format!("{{ \"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\" }}")
    };
    let (read, assume) = (
        allow("s3:Get*", "arn:aws:s3:::data/in/*"),
        allow("sts:AssumeRole", "arn:aws:iam::222222222222:role/*"),
    );
    sandbox.write("in.json", policy(&read));
    sandbox.write("both.json", policy(&format!("[{read}, {assume}]")));
    sandbox.write("deny.json", policy(&format!("[{}, {}]", allow("*", "*"), read.replace("Allow", "Deny"))));
    let ask = |principal: &str, resource: &str, file: &str| {
        verdict(&sandbox, &[principal, "read", resource, "--session-policy", file])
    };
    assert_eq!(ask("Reader", "data / \"in\"", "in.json"), "yes");
    assert_eq!(ask("Reader", "data / \"out\"", "in.json"), "no");
    assert_eq!(ask("Reader", "data / \"in\"", "deny.json"), "no");
    assert_eq!(ask("Reader", "data / \"out\"", "deny.json"), "yes");
    assert_eq!(ask("Caller", "data / \"in\"", "in.json"), "no");
    // The session that it becomes has no such policy.
    assert_eq!(ask("Caller", "data / \"out\"", "both.json"), "yes");
    assert_eq!(ask("saml okta", "data / \"in/deep\"", "in.json"), "yes");
    let narrowed = answer(&sandbox, &["Reader", "read", "data / \"in\"", "--session-policy", "in.json"]);
    let says: Vec<&str> =
        narrowed["chain"].as_array().unwrap().iter().map(|link| link["says"].as_str().unwrap()).collect();
    assert!(says.contains(&"the session's policy allows s3:GetObject"), "{says:?}");
}

#[test]
fn a_session_policy_with_a_fault_is_told_at_its_place() {
    let sandbox = program();
    let refused = |text: &str, words: &[&str]| {
        sandbox.write("s.json", text);
        let said = sandbox.dpl(&["can", "Reader", "read", "data", "p", "--session-policy", "s.json"]);
        said.refused(1, &[&["DPL0346", "s.json:"], words].concat());
    };
    refused("{", &["no JSON object"]);
    refused("[]", &["no JSON object"]);
    refused("{ \"Version\": \"2012-10-17\" }", &["no `Statement`"]);
    let with = |members: &str| format!("{{\n\"Statement\": {{ {members} }} }}");
    refused(
        &with("\"Effect\": \"Alow\", \"Action\": \"*\", \"Resource\": \"*\""),
        &["s.json:2:", "allows or denies"],
    );
    refused(&with("\"Effect\": \"Allow\", \"Resource\": \"*\""), &["without `Action`"]);
    refused(&with("\"Effect\": \"Allow\", \"Action\": 3, \"Resource\": []"), &["text"]);
    refused(&with("\"Effect\": \"Allow\", \"Action\": \"*\""), &["without `Resource`"]);
    let more = |member: &str| {
        with(&format!("\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\", {member}"))
    };
    refused(&more("\"Principal\": \"*\""), &["no `Principal`"]);
    refused(&more("\"NotResource\": \"x\""), &["`NotResource`"]);
    refused(&more("\"Condition\": { \"StringLik\": { \"a\": \"b\" } }"), &["`StringLik`"]);
    refused(&more("\"Condition\": { \"StringLike\": \"b\" }"), &["compares keys"]);
    refused(&more(&format!("\"Sid\": \"{}\"", "x".repeat(2100))), &["2048"]);
    let missing = sandbox.dpl(&["can", "Reader", "read", "data", "p", "--session-policy", "none.json"]);
    missing.refused(2, &["can't read `none.json`"]);
}

/// Who is listed, with how much and by which way.
fn holders(said: &Said) -> Vec<(String, String, String)> {
    let json: Json = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let text = |who: &Json, name: &str| who[name].as_str().unwrap().to_owned();
    let who = json.pointer("/capabilities/0/who").unwrap().as_array().unwrap();
    who.iter().map(|it| (text(it, "principal"), text(it, "answer"), text(it, "by"))).collect()
}

#[test]
fn everybody_who_can_is_listed_with_the_way() {
    let sandbox = program();
    let said = sandbox.dpl(&["who-can", "read", "data / \"in\"", "p", "--json"]);
    let found = holders(said.fine());
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(
        found,
        [
            ("Guest", "yes", ""),
            ("Member", "yes", ""),
            ("Person", "yes", ""),
            ("Reader", "yes", ""),
            ("analysts", "yes", "having become `Member`"),
            ("Caller", "yes", "having become `Reader`"),
            ("okta", "yes", "having become `Person`"),
            ("partner", "undecided", ""),
            ("partner", "undecided", "having become `Guest`"),
        ]
    );
    let tables = sandbox.dpl(&["who-can", "select(order_id)", "sales.orders", "p", "--json"]);
    let found = holders(tables.fine());
    let of = |name: &str| {
        found.iter().find(|(who, ..)| who == name).map(|(_, how, by)| (how.as_str(), by.as_str()))
    };
    assert_eq!(of("Owner"), Some(("yes", "")));
    assert_eq!(of("Reader"), Some(("yes", "by its objects in the bucket")));
    assert_eq!(of("Copier"), Some(("partly", "from a copy in `mirror / \"sales/orders\"`")));
    assert_eq!(of("Person"), None);
    let nobody = sandbox.dpl(&["who-can", "write", "theirs", "p"]);
    assert_eq!(nobody.fine().out, "nobody can `write` on `theirs`\n");
}

#[test]
fn a_file_alone_is_asked_with_what_it_uses() {
    let sandbox = Sandbox::new();
    sandbox
        .write("p/dpl.toml", "name = \"x\"\n")
        .write("p/accounts.dpl", "account lake { id = \"222222222222\", region = \"us-east-1\" }\n")
        .write("p/a.dpl", "use accounts\nbucket raw in lake { }\nrole R in lake { trust = [lake] }\ngrant read on raw to R\n")
        .write("p/b.dpl", "use accounts\ntopic raw in lake { }\n");
    sandbox.dpl(&["can", "R", "read", "raw", "p/a.dpl"]).fine();
    // In the whole program the name has two meanings, and is said as a module would say it.
    sandbox.dpl(&["can", "R", "read", "raw", "p"]).refused(1, &["write `a.raw`"]);
    sandbox.dpl(&["can", "R", "read", "a.raw", "p"]).fine();
    assert_eq!(sandbox.dpl(&["can", "a.R", "publish", "b.raw", "p"]).code, Some(1));
}

const ROWS: &str = "\
organization acme {
  region = \"eu-central-1\"
  account lake { id = \"222222222222\" }
}
bucket data in lake { }
role Owner  in lake { trust = [lake] }
role German in lake { trust = [lake] }
role Person in lake { trust = [German] }
domain sales in lake {
  owner    = Owner
  location = data / \"sales\"
  table orders { id : string, country : string, amount : int }
}
grant select(id, country) on sales.orders to German where (country = 'DE')
grant select(amount) on sales.orders to German
grant select on sales.orders to Owner
";

#[test]
fn answers_say_which_rows_are_shown() {
    let sandbox = Sandbox::new();
    sandbox.write("p/lake.dpl", ROWS);
    let of = |arguments: &[&str]| {
        let answer = answer(&sandbox, arguments);
        (answer["answer"].as_str().unwrap().to_owned(), answer["rows"].clone())
    };
    let german = Json::from("country = 'DE'");
    assert_eq!(of(&["German", "select(id)", "sales.orders"]), ("yes".to_owned(), german.clone()));
    assert_eq!(of(&["German", "select(amount)", "sales.orders"]), ("yes".to_owned(), Json::Null));
    assert_eq!(of(&["Owner", "select", "sales.orders"]), ("yes".to_owned(), Json::Null));
    let both = Json::from("country = 'DE' (of id, country)");
    assert_eq!(of(&["German", "select", "sales.orders"]), ("yes".to_owned(), both));
    let asked = |who, capability, rows| of(&[who, capability, "sales.orders", "--where", rows]);
    assert_eq!(
        asked("German", "select(id)", "country = 'DE' and amount > 1"),
        ("yes".to_owned(), german.clone())
    );
    assert_eq!(
        asked("German", "select(id)", "country in ('DE', 'AT')"),
        ("partly".to_owned(), german.clone())
    );
    assert_eq!(asked("German", "select(id)", "country = 'AT'").0, "no");
    assert_eq!(asked("German", "select", "country = 'AT'").0, "partly");
    assert_eq!(
        asked("German", "select(id)", "country like '_E' and country > 'DE' and country < 'E'").0,
        "no"
    );
    assert_eq!(asked("Person", "select(amount)", "true").0, "no");

    let said =
        sandbox.dpl(&["can", "German", "select(id)", "sales.orders", "--where", "country = 'AT'", "p"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.starts_with("no: `German` cannot `select(id)` on `orders` where country = 'AT'"),
        "{}",
        said.out
    );
    let said = sandbox.dpl(&["who-can", "select(id)", "sales.orders", "--where", "country = 'DE'", "p"]);
    assert!(
        said.out.contains("`German` (role in lake) can `select(id)` on `orders` where country = 'DE'"),
        "{}",
        said.out
    );
    assert!(said.out.contains("  only rows where country = 'DE'\n"), "{}", said.out);
    let said = sandbox.dpl(&["who-can", "select(id)", "sales.orders", "--where", "country = 'FR'", "p"]);
    assert!(!said.out.contains("German") && said.out.contains("`Owner`"), "{}", said.out);
    // A question about no rows has no answer, and neither has one about a bucket's.
    for (rows, on, code) in [
        ("id = 'a' and id = 'b'", "sales.orders", "DPL0642"),
        ("id = 'a'", "data", "DPL0613"),
        ("x = 1", "sales.orders", "DPL0703"),
    ] {
        let capability = if on == "data" { "read" } else { "select" };
        let said = sandbox.dpl(&["can", "German", capability, on, "--where", rows, "p"]);
        assert!(
            said.code == Some(1) && said.out.is_empty() && said.err.contains(code),
            "{rows}: {}{}",
            said.out,
            said.err
        );
    }
}
